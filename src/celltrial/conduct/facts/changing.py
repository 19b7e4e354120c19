"""A frozen record of many fields that is changed by copying: the states that the fold rewrites all the time."""

from __future__ import annotations

from typing import Any, Self


class Changing:
    """Base of a frozen dataclass without slots that can return itself with some fields changed."""

    def changed(self, **fields: Any) -> Self:
        """Return the same with some fields changed; everything else is shared.

        The same as `dataclasses.replace` for a class without `__post_init__`; on a state of this many fields that one
        takes ten times as long, and the fold of a large trial is made of these. A field that does not exist is a
        defect and raises TypeError.
        """
        new = object.__new__(type(self))
        held = new.__dict__
        held.update(self.__dict__)
        held.update(fields)
        if len(held) != len(self.__dict__):
            raise TypeError(f"{type(self).__name__} has no field {sorted(fields.keys() - self.__dict__.keys())}")
        return new
