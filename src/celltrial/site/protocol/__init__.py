"""The protocol in force: its versions, the review clause by clause, and what changed between versions."""
