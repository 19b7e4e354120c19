"""Standard texts by the law of a country, and the texts that say what the system of conduct itself refuses and records.

Neither is used in silence: a protocol opts into the first with `oversight.standard_texts` and into the second with
`trial.conducted_with: celltrial`; section 12.9 lists which sections hold such a text.
"""

from __future__ import annotations

from collections.abc import Iterator

from celltrial.locale import has
from celltrial.report.content.values import Text
from celltrial.report.document.blocks import Block, Bullets, Paragraph
from celltrial.report.document.inputs import DocumentInputs


def standard(inputs: DocumentInputs, number: str) -> Iterator[Block]:
    """Yield the standard text of a section, where the protocol opted into a set that has one.

    A text has numbered parts: `.1`, `.2` are paragraphs, `.a`, `.b` the items of a list after them.
    """
    plan = inputs.protocol.oversight
    if plan is not None and plan.standard_texts is not None:
        yield from _parts(f"standard.{plan.standard_texts}.{number}", "oversight.standard_texts")


def enforced(inputs: DocumentInputs, number: str) -> Iterator[Block]:
    """Yield what the system of conduct does in a section, where the trial is conducted with it."""
    if inputs.protocol.trial.conducted_with == "celltrial":
        yield from _parts(f"enforced.{number}", "trial.conducted_with")


def _parts(stem: str, field: str) -> Iterator[Block]:
    position = 1
    while has(f"{stem}.p{position}"):
        yield Paragraph(Text(f"{stem}.p{position}"), (field,))
        position += 1
    items = []
    for letter in "abcdefghijkl":
        if not has(f"{stem}.{letter}"):
            break
        items.append(Text(f"{stem}.{letter}"))
    if items:
        yield Bullets(tuple(items), (field,))
