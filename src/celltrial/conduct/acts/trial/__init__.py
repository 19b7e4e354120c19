"""The trial as a whole: registration, protocol versions, alerts, tasks, cuts, process changes."""
