"""Letters of the footnotes of one output."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Footnotes:
    """Footnote keys of one output in order of first use; each gets a letter."""

    keys: list[str] = field(default_factory=list)

    def letters(self, keys: tuple[str, ...]) -> str:
        """Return the letters of `keys`, such as "a,c"."""
        for key in keys:
            if key not in self.keys:
                self.keys.append(key)
        return ",".join(letter(i) for i in sorted(self.keys.index(key) for key in keys))


def letter(index: int) -> str:
    """Return the letter of a place, counted from 0: a to z, then aa.

    >>> letter(0), letter(26)
    ('a', 'aa')
    """
    first, last = divmod(index, 26)
    return (chr(96 + first) if first else "") + chr(97 + last)
