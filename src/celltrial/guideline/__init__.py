"""The guideline as data, and the review: a protocol held against every clause of a register."""
