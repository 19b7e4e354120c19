"""Response, kinetics, laboratory values, independent reads."""
