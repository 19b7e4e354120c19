"""Queries: the list with its filters, one query with every step, a new one at a value, an answer that corrects it."""
