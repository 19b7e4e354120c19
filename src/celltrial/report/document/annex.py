"""Section 12.9: the fields behind each section, the facts that no section tells, the standard texts in use.

The one place of a protocol's document that holds paths of fields, codes and hashes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from celltrial.locale import LANGUAGES, catalogue
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Evidence, LocalText, Section, is_silent
from celltrial.protocol.reading import fingerprint
from celltrial.report.content.values import Code, Count, Lines, Recorded, Text, Value
from celltrial.report.document.blocks import Block, Bullets, Grid, GridRow, Paragraph, Steps
from celltrial.report.document.inputs import DocumentInputs
from celltrial.report.document.sentences import paragraph, say, series
from celltrial.report.document.stating import field_name, shown


def annex(inputs: DocumentInputs, made: Sequence[tuple[str, Sequence[Block]]]) -> Iterator[Block]:
    """Yield the annex of the sections that were made, each with its number and its blocks."""
    protocol = inputs.protocol
    about = {"mark": Recorded(fingerprint(protocol)), "format": Count(protocol.schema_version)}
    yield from paragraph(say("annex.fingerprint", **about), say("annex.fields"), fields=("schema_version",))
    yield from _standard_texts(protocol, made)
    used = {number: tuple(dict.fromkeys(_fields(blocks))) for number, blocks in made}
    stated = {path for path, _, _ in stated_fields(protocol)}
    within = {stem for path in stated for stem in _stems(path)}
    told = {
        number: [field for field in fields if field in within or not stated.isdisjoint(_stems(field))]
        for number, fields in used.items()
    }
    rows = tuple(
        GridRow((Recorded(number), Recorded(", ".join(_shortened(fields)))))
        for number, fields in told.items()
        if fields
    )
    heads = (Text("document.head.section"), Text("document.head.fields"))
    yield Grid(heads, rows, Text("document.caption.annex"), look="paths")
    claimed = {field for fields in used.values() for field in fields}
    unsaid = tuple(
        GridRow((name, value, Recorded(path)))
        for path, name, value in stated_fields(protocol)
        if not _is_claimed(path, claimed)
    )
    if unsaid:
        yield Paragraph(say("annex.unsaid"))
        names = tuple(Text(f"document.head.{name}") for name in ("item", "stated", "field"))
        yield Grid(names, unsaid, Text("document.caption.unsaid"), look="unsaid")


def _fields(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Paragraph | Bullets | Grid | Steps):
            yield from block.fields


def _stems(path: str) -> list[str]:
    """Return a path and every path that it lies within."""
    parts = path.split(".")
    return [".".join(parts[:length]) for length in range(1, len(parts) + 1)]


def _shortened(fields: Sequence[str]) -> list[str]:
    """Return the paths with the numbers of list items left out, each once."""
    bare = (".".join(part for part in field.split(".") if not part.isdigit()) for field in fields)
    return list(dict.fromkeys(bare))


def _is_claimed(path: str, claimed: set[str]) -> bool:
    return not claimed.isdisjoint(_stems(path))


def stated_fields(section: Section, path: str = "") -> Iterator[tuple[str, Value, Value]]:
    """Yield (dotted path, name, value) of every stated value of a section, down to single values."""
    for name in type(section).model_fields:
        if is_silent(section, name):
            continue
        value = getattr(section, name)
        here = f"{path}.{name}" if path else name
        yield from _stated(value, section, name, here)


def _stated(value: Any, section: Section, name: str, here: str) -> Iterator[tuple[str, Value, Value]]:
    if value is None or value in ((), {}, ""):
        return
    if isinstance(value, Section) and not isinstance(value, LocalText | Evidence):
        yield from stated_fields(value, here)
    elif isinstance(value, tuple) and value and isinstance(value[0], Section) and not isinstance(value[0], LocalText):
        for index, item in enumerate(value):
            yield from _stated(item, section, name, f"{here}.{index}")
    else:
        yield here, field_name(section, name), shown(value, section, name)


def _standard_texts(protocol: Protocol, made: Sequence[tuple[str, Sequence[Block]]]) -> Iterator[Block]:
    """Yield which sections hold standard texts or texts of the system, and the hash of the set in each language."""
    with_set = [number for number, blocks in made if "oversight.standard_texts" in set(_fields(blocks))]
    with_system = [number for number, blocks in made if "trial.conducted_with" in set(_fields(blocks))]
    chosen = protocol.oversight.standard_texts if protocol.oversight else None
    lines: list[Value] = []
    if chosen is not None and with_set:
        lines.append(
            say("annex.standard", set=Code("plan.standard_texts", chosen), sections=series(map(Recorded, with_set)))
        )
        hashes = Lines(tuple(Recorded(f"{language}: {_hash(chosen, language)}") for language in LANGUAGES))
        lines += [say("annex.hash", hash=hashes), say("annex.unsigned")]
    if with_system:
        system = Code("plan.conducted_with", "celltrial")
        lines.append(say("annex.enforced", system=system, sections=series(map(Recorded, with_system))))
    yield from paragraph(*lines)


def _hash(chosen: str, language: str) -> str:
    texts = catalogue("standard_texts")
    said = "\n".join(f"{key}={texts[key][language]}" for key in sorted(texts) if key.startswith(f"standard.{chosen}."))
    return hashlib.sha256(said.encode()).hexdigest()
