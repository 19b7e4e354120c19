"""One description of each command and record: what fields it has, of which kind, and how they are read. Pure.

What a dataclass says is read from it; `declared` adds what a type cannot say; texts are in `locale/forms.toml`.
"""
