"""Daily bedside grading: signs by time of day, the grade of each assessment and of the day."""
