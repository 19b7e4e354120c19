"""Facts: what is remembered. Events, the state that they fold to, one folder for each area."""
