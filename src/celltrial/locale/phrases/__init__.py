"""What the core still writes as English phrases, row by row in Chinese: expectations of faults, free words of a protocol."""
