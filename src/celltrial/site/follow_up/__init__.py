"""The follow-up calendar: every planned visit, its status, and whose it is."""
