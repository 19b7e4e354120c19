"""Two-person gate: what happens to cells at the chair, the bench and the bedside is seen by a second person (2.1.3-a).

So is a consent of somebody who cannot read its form: it is read to them before a witness (ICH E6(R2), 4.8.9).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Request, Role
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.ruling import fail
from celltrial.conduct.vocabulary import Signature
from celltrial.core.values import ABSENT, Duration, Identifier, Term, Value, message, one_of

_AT_SITE: Final = frozenset({Role.INVESTIGATOR, Role.COORDINATOR, Role.NURSE, Role.CELL_PROCESSING})

WITNESSES: Final[Mapping[str, frozenset[Role]]] = MappingProxyType(
    {
        "collection": _AT_SITE,
        "material_receipt": frozenset({Role.CELL_PROCESSING, Role.QUALITY_ASSURANCE}),
        "receipt": _AT_SITE,
        "thaw": _AT_SITE,
        "infusion": _AT_SITE,
        "consent": frozenset({Role.COORDINATOR, Role.NURSE}),
    }
)
"""Act to the roles that qualify a second person for it."""

_WITHIN: Final = timedelta(hours=24)


def check_witness(act: str, witness: Signature | None, request: Request[Any], now: datetime, about: str) -> Conditions:
    """Yield what is wrong with the second person: none, the same person, an unqualified role, another time."""
    roles = one_of(*sorted(WITNESSES[act]))
    needed = message("second_person", roles=roles, time=Duration(_WITHIN // timedelta(hours=1), "h"))
    found: Value
    if witness is None:
        found = ABSENT
    elif witness.account == request.actor.id:
        found = message("same_person", account=Identifier(witness.account))
    elif witness.role not in WITNESSES[act]:
        found = message("as", account=Identifier(witness.account), role=Term("role", witness.role))
    elif witness.signed.utc > now or abs(witness.signed.utc - request.occurred.utc) > _WITHIN:
        found = message("signed", when=witness.signed)
    else:
        return
    yield fail(Code.WITNESS_MISSING, needed, found, about, "" if act == "consent" else "2.1.3-a")
