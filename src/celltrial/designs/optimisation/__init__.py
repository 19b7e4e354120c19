"""Designs that look for the optimal biological dose, one file each."""
