"""Grading scales and response criteria: pure functions from findings to grades."""

from __future__ import annotations
