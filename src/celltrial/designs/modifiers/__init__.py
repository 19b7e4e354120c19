"""Brakes and stops that wrap any policy, one file each."""
