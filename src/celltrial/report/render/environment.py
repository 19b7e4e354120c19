"""The templates of every HTML page: one set of rules for all of them."""

from __future__ import annotations

from functools import cache
from typing import Final

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

#: Where the templates and styles that pages share are kept.
_SHARED: Final = "celltrial.report.render"


@cache
def environment(*rooms: str) -> Environment:
    """Return the templates of these packages, in that order, before the shared ones; all text is escaped.

    A value that a template names and nobody gave is an error, never an empty place on the page.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(room) for room in (*rooms, _SHARED)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["css_text"] = css_text
    return made


def css_text(text: object) -> Markup:
    """Return a text that may be between quotation marks in a style: letters, digits, spaces, hyphens, dots.

    >>> str(css_text('CT-1 "x" </style>'))
    'CT-1  x    style '
    """
    return Markup("".join(each if each.isalnum() or each in " -_.·" else " " for each in str(text)))  # noqa: S704
