"""Documents: filing one, withdrawing one, and what an act may name as its document."""
