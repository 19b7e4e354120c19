"""Log-in: accounts of persons, failed attempts and lock-out, second factor, idle log-out, proof at signing."""
