"""The one edge through which text from outside is read: YAML, JSON, tables, words of a command.

What is read is bounded before it is understood: bytes, depth, number of names and values, characters that a reader
cannot see, numbers that are not finite, dates outside the calendar of trials. Pure: bytes or text in, values or faults out.
"""
