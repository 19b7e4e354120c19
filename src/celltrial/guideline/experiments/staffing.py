"""Who and what must be there: a site that holds nothing, an operator whom nobody trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from celltrial.conduct.acts.site.commands import ActivateSite, CountResource
from celltrial.conduct.codes import Code
from celltrial.conduct.ruling import Refused, Ruling
from celltrial.guideline.experiments.outcome import Answer, NotTriedError
from celltrial.guideline.experiments.trying import FIRST, FIRST_BATCH, SITE, Trying, cited, codes

_TRAINING = frozenset({Code.OPERATOR_NOT_QUALIFIED, Code.SUPERVISED_TOO_FEW, Code.PROTOCOL_SILENT})


def bare_site(trial: Trying) -> Iterator[Answer]:
    """A site that holds nothing wants to take part; another runs out of everything before an infusion (2.1.2.3-a)."""
    needs = trial.protocol.sites.resources if trial.protocol.sites is not None else ()
    if not needs:
        raise NotTriedError("no_resources_asked")
    opens = trial.send("bare_site_opens", ActivateSite("S2", "Hospital S2", "CN", "Asia/Shanghai", ()))
    trial.go_to("ready")
    trial.check(FIRST)
    for item in needs:
        trial.do(CountResource(SITE, item.name, 0))
    given = trial.send("infused_without_stock", trial.infusion(FIRST, FIRST_BATCH))
    short = [one for one in (opens, given) if Code.RESOURCE_SHORT in codes(one)]
    found = f"activation: {_word(opens)}, infusion: {_word(given)}"
    yield Answer(
        ("2.1.2.3-a",),
        "bare_site",
        "sites.resources",
        found,
        "refused",
        {"activation": _word(opens), "infusion": _word(given), "count": len(needs)},
        holds=bool(short),
    )


def untrained_operator(trial: Trying) -> Iterator[Answer]:
    """Somebody whom nobody trained is to give the cells (2.1.2.3-b)."""
    trial.go_to("ready")
    trial.check(FIRST)
    asked = trial.send("untrained_gives", replace(trial.infusion(FIRST, FIRST_BATCH), operator="stranger"))
    holds = bool(_TRAINING & codes(asked))
    yield Answer(
        ("2.1.2.3-b",),
        "untrained_operator",
        "sites.operators",
        f"refused ({cited(asked)})" if holds else "given",
        "refused",
        {"by": cited(asked)},
        holds=holds,
    )


def _word(decision: Ruling) -> str:
    return "refused" if isinstance(decision, Refused) else "allowed"
