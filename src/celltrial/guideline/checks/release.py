"""Checks of the tests on release: limits that release what no published product was released with, and the right virus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from celltrial.guideline.knowledge import known_limit
from celltrial.guideline.verdict import Case, Finding, Severity, finding
from celltrial.guideline.vocabulary import concepts_of, named_in, plain
from celltrial.protocol.model import Protocol


class Held(NamedTuple):
    """One numeric limit of a test on release beside the usual one.

    place: which test it is; name: of the usual limit; found: the number; least: whether less than the limit is worse.
    """

    place: int
    name: str
    found: float
    least: bool

    @property
    def outside(self) -> bool:
        """Whether the limit releases more than any published product."""
        usual = known_limit(self.name).value
        return self.found < usual if self.least else self.found > usual


#: Concept of the vocabulary -> usual limit, and the pattern of the number with its unit.
_LIMITS: Final = {
    "viability": ("release_viability", re.compile(r"(\d+(?:\.\d+)?) ?%"), True),
    "vector_copies": (
        "release_copies",
        re.compile(
            r"(?:<=?|≤|at most|not more than|no more than|up to|below|under|不超过|不高于|不大于|小于|低于|至多) ?(\d+(?:\.\d+)?)"
        ),
        False,
    ),
}
_ENDOTOXIN: Final = re.compile(r"(\d+(?:\.\d+)?) ?(?:eu|iu)/ml")
#: Kind of vector -> the virus that its test looks for.
_VIRUS: Final = {
    "lentiviral": "replication_competent_lentivirus",
    "gammaretroviral": "replication_competent_retrovirus",
}


def held_limits(protocol: Protocol) -> Iterator[Held]:
    """Yield every numeric limit among the tests on release that is known by name.

    A test is a text such as `viability >= 80 %`; one without a number has no limit to hold.
    """
    making = protocol.manufacturing
    for place, test in enumerate(making.release_tests if making else ()):
        said, concepts = plain(test), concepts_of(test, "attribute")
        for concept, (name, number, least) in _LIMITS.items():
            hit = number.search(said)
            if concept in concepts and hit is not None:
                yield Held(place, name, float(hit.group(1)), least)
        hit = _ENDOTOXIN.search(said)
        if hit is not None and "endotoxin" in concepts_of(test, "release"):
            yield Held(place, "release_endotoxin", float(hit.group(1)), least=False)


def check_release_limits(case: Case) -> Iterator[Finding]:
    """2.2.2.2-a: where a test on release states its limit, the limit is no looser than those of published products."""
    for item in held_limits(case.protocol):
        if item.outside:
            row, path = known_limit(item.name), f"manufacturing.release_tests.{item.place}"
            shown = {"test": item.name, "found": f"{item.found:g}", "limit": f"{row.value:g}", "source": row.cited}
            yield finding("release_limit_loose", path, Severity.NOTE, **shown)


def check_virus_of_vector(case: Case) -> Iterator[Finding]:
    """1.3-d: the test looks for the virus that this vector could give rise to: lentivirus or retrovirus."""
    vector, making = case.protocol.product.vector, case.protocol.manufacturing
    if vector is None or making is None or vector.kind not in _VIRUS:
        return
    named = named_in(making.release_tests, "attribute") & set(_VIRUS.values())
    if named and _VIRUS[vector.kind] not in named:
        shown = {"kind": vector.kind, "found": ", ".join(sorted(named))}
        yield finding("virus_of_another_vector", "manufacturing.release_tests", Severity.MINOR, **shown)
