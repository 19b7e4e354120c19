"""Acts: what a person asks for. Commands, who may give them, and what decides each; one folder for each area."""
