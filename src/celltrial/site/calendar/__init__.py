"""The calendar of infusions over all sites: what is taken, the earliest moment open, and taking it."""
