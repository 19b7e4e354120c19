"""Long-term follow-up: schedule, visits, late tests, growth, hand-over."""
