"""Lesions: identified at baseline, measured at visits, each an ordinary fact; the response by RECIST 1.1 is derived beside."""
