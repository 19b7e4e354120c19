"""The bench of cell processing: batches, one batch with its next act, its release, and its label."""
