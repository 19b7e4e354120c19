"""The follow-up calendar: every planned visit, where it stands, and whose it is."""
