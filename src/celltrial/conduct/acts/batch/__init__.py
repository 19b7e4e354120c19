"""Batches: manufacture, tests, release, custody, end."""
