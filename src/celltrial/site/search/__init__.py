"""Search in a trial: subjects, batches, events, commands."""
