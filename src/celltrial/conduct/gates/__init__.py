"""Gates: each answers which of its conditions fail; one file per gate."""
