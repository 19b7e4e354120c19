"""A suspension as a checklist: what a resume needs, who gives it, and what is on record."""
