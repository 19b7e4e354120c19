"""The example protocol that a demonstration runs, so that an installed package holds it (a link: there is one file of it)."""
