"""Two-person gate: what happens to cells at the chair, the bench and the bedside is seen by a second person (2.1.3-a)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from celltrial.conduct.codes import Code
from celltrial.conduct.decision import fail
from celltrial.conduct.envelope import Request, Role
from celltrial.conduct.gates.act import Conditions
from celltrial.conduct.vocabulary import Signature

_AT_SITE: Final = frozenset({Role.INVESTIGATOR, Role.COORDINATOR, Role.CELL_PROCESSING})

WITNESSES: Final[Mapping[str, frozenset[Role]]] = MappingProxyType(
    {
        "collection": _AT_SITE,
        "material_receipt": frozenset({Role.CELL_PROCESSING, Role.QUALITY_ASSURANCE}),
        "receipt": _AT_SITE,
        "thaw": _AT_SITE,
        "infusion": _AT_SITE,
    }
)
"""Act to the roles that qualify a second person for it."""

_WITHIN: Final = timedelta(hours=24)


def check_witness(act: str, witness: Signature | None, request: Request[Any], now: datetime, about: str) -> Conditions:
    """Yield what is wrong with the second person: none, the same person, an unqualified role, another time."""
    roles = ", ".join(sorted(WITNESSES[act]))
    needed = f"a second person as {roles}, signed within 24 h of the act"
    if witness is None:
        found = "none"
    elif witness.account == request.actor.id:
        found = f"the same person, {witness.account}"
    elif witness.role not in WITNESSES[act]:
        found = f"{witness.account} as {witness.role}"
    elif witness.signed.utc > now or abs(witness.signed.utc - request.occurred.utc) > _WITHIN:
        found = f"signed {witness.signed.utc.isoformat()}"
    else:
        return
    yield fail(Code.WITNESS_MISSING, needed, found, about, "2.1.3-a")
