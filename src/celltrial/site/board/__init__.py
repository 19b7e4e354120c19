"""The vein-to-vein board."""
