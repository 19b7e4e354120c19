"""When a justification closes a finding: signed by a person, dated, reasoned, and on evidence that can be looked up.

What is in the file was typed by whoever wrote the file: a name in `signed_by` is no signature. A clause is justified
only where a person signed for it - the approval or amendment of the version names the clause - and where the text itself
holds: a reason that says something, a date not after the version, the name of somebody, and evidence whose reference has
the form of one. For pregnancy, staggering and the fifteen years of an integrating vector nobody but the agency can agree
to less: its answer must be on record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from celltrial.guideline.references import any_resolves
from celltrial.guideline.texts import hollow
from celltrial.guideline.verdict import Case, Finding, Severity, finding
from celltrial.guideline.vocabulary import plain
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.governance import Justification

#: Clauses whose justification is the agency's answer.
AGENCY_ONLY: Final = frozenset({"2.1.1.4-c", "2.2.4-a", "3.1-h"})
#: Names that are nobody's.
_NOBODY: Final = re.compile(
    r"^(?:nobody|no one|somebody|someone|anyone|anybody|n/?a|none|x+|\?+|-+|tbd|tba|test|me|self|unknown|name|sponsor name|signature"
    r"|john doe|jane doe|j\.? doe|mickey mouse|admin|user|无|某人|某某|待定|张三|李四|本人|未知|测试)$"
)


def justification_faults(case: Case, item: Justification, *, signed: bool) -> Iterator[Finding]:
    """Yield why a justification does not close the findings of its clause; nothing where it does."""
    protocol = case.protocol
    path = f"justifications.{protocol.justifications.index(item)}"
    if not signed:
        shown = {"who": item.signed_by, "date": item.signed_on.isoformat()}
        yield finding("justification_unsigned", path, Severity.NOTE, **shown)
    if hollow(item.reason):
        yield finding("justification_says_nothing", f"{path}.reason", Severity.MINOR)
    if not item.evidence:
        yield finding("justification_without_evidence", f"{path}.evidence", Severity.NOTE)
    elif not any_resolves(item.evidence, protocol):
        yield finding("justification_unsupported", f"{path}.evidence", Severity.MINOR)
    if _NOBODY.match(plain(item.signed_by)):
        yield finding("justification_by_nobody", f"{path}.signed_by", Severity.MINOR, who=item.signed_by)
    version = protocol.identification.version_date
    if item.signed_on > version:
        shown = {"found": item.signed_on.isoformat(), "date": version.isoformat()}
        yield finding("justification_dated_after", f"{path}.signed_on", Severity.MINOR, **shown)
    if case.clause.id in AGENCY_ONLY and not _agency_answered(protocol):
        yield finding("justification_needs_agency", "governance.agency", Severity.MINOR)


def _agency_answered(protocol: Protocol) -> bool:
    asked = protocol.governance.agency if protocol.governance else ()
    return any(
        item.status == "answered"
        and item.dated is not None
        and item.dated <= protocol.identification.version_date
        and item.advice is not None
        and not hollow(item.advice)
        for item in asked
    )
