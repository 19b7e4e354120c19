"""The gate before lymphodepletion and before the infusion: what is fulfilled, what is not, and when the rest opens."""
