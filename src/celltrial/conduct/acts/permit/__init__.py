"""Permits: what may happen next is judged before it happens, and may then be recorded as it was done."""
