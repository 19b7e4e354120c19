"""Views: what can be read off the state. Worklist, contacts, schedules, counts, derived grades, what a blinded role sees."""
