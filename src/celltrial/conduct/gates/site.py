"""Site gate: open, on the version in force, with the resources and the trained people the protocol asks for."""

from __future__ import annotations

from typing import Literal

from celltrial.conduct.codes import Code
from celltrial.conduct.facts.site.state import SiteState
from celltrial.conduct.facts.state import TrialState
from celltrial.conduct.gates.act import Act, Conditions
from celltrial.conduct.ruling import fail
from celltrial.core.dates import Instant
from celltrial.core.terms import same_term
from celltrial.core.values import NOT_STATED, Count, Identifier, Term, all_of, as_written, at_least, message
from celltrial.protocol import Protocol
from celltrial.protocol.procedures import infusion_procedure, infusion_procedures

Need = Literal["activation", "collection", "lymphodepletion", "infusion"]


def check_site(act: Act) -> Conditions:
    """Yield a site that is closed, or that has not accepted the version in force."""
    about = f"site/{act.site.site}"
    if not act.site.is_open:
        yield fail(Code.SITE_NOT_OPEN, message("open_site"), message("closed"), about)
    if act.site.version != act.state.version:
        yield fail(Code.SITE_VERSION, as_written(act.state.version), as_written(act.site.version), about)
    elif (later := act.site.later("version", act.at)) is not None:
        needed = message("at_moment", what=Identifier(act.state.version), at=act.at)
        yield fail(Code.SITE_VERSION, needed, message("since", when=later), about)


def check_resources(protocol: Protocol, site: SiteState, need: Need, at: Instant) -> Conditions:
    """Yield every resource of which the site holds, or held at the act, less than the protocol asks (2.1.2.3-a)."""
    if protocol.sites is None:
        if need == "activation":
            yield fail(
                Code.PROTOCOL_SILENT,
                message("what_a_site_must_have"),
                NOT_STATED,
                f"site/{site.site}",
                "2.1.2.3-a",
                "sites",
            )
        return
    for index, item in enumerate(protocol.sites.resources):
        name = next((held for held in site.resources if same_term(held, item.name, "resource")), item.name)
        held, later = site.resources.get(name, 0), site.later(f"stock/{name}", at)
        if need in item.needed_for and (held < item.minimum or later is not None):
            field, needed, about = (
                f"sites.resources.{index}",
                message("of", what=Term("resource", item.name), value=at_least(item.minimum)),
                f"site/{site.site}",
            )
            found = held if later is None else message("since", when=later)
            yield fail(Code.RESOURCE_SHORT, needed, found, about, "2.1.2.3-a", field)


def check_operator(
    state: TrialState, protocol: Protocol, site: SiteState, operator: str, procedure: str, at: Instant
) -> Conditions:
    """Yield a missing, expired or outdated qualification for a procedure, or too few supervised ones (2.1.2.3-b).

    A procedure for which the protocol asks nothing needs no qualification, except local delivery of the product.
    """
    about = f"site/{site.site}"
    asked = protocol.sites.operators if protocol.sites is not None else ()
    found = next(((i, item) for i, item in enumerate(asked) if same_term(item.procedure, procedure, "procedure")), None)
    if found is None:
        if procedure in infusion_procedures(protocol) and procedure != infusion_procedure(protocol, "intravenous"):
            yield fail(
                Code.PROTOCOL_SILENT,
                message("training_for", procedure=Term("procedure", procedure)),
                NOT_STATED,
                about,
                "2.1.2.3-b",
                "sites.operators",
            )
        return
    index, requirement = found
    field = f"sites.operators.{index}"
    own = [q for q in site.qualifications if q.operator == operator]
    held = next((q for q in own if same_term(q.procedure, procedure, "procedure")), None)
    if held is None:
        others = all_of(*(Term("procedure", q.procedure) for q in own))
        yield fail(
            Code.OPERATOR_NOT_QUALIFIED,
            Term("procedure", procedure),
            message("of", what=Identifier(operator), value=others),
            about,
            "2.1.2.3-b",
            field,
        )
        return
    later = site.later(f"training/{operator}/{held.procedure}", at)
    if later is not None:
        since = message("of", what=Identifier(operator), value=message("since", when=later))
        yield fail(Code.OPERATOR_NOT_QUALIFIED, Term("procedure", procedure), since, about, "2.1.2.3-b", field)
    if held.expires is not None and at.utc > held.expires.utc:
        yield fail(
            Code.QUALIFICATION_EXPIRED, message("valid_at", procedure=Term("procedure", procedure), when=at),
            message("until", what=Identifier(operator), when=held.expires), about, "2.1.2.3-b", field,
        )  # fmt: skip
    least = requirement.minimum_supervised
    if (held.supervised or 0) < least:
        seen = message("not_recorded") if held.supervised is None else held.supervised
        yield fail(
            Code.SUPERVISED_TOO_FEW,
            message("of", what=Term("procedure", procedure), value=at_least(Count(least, "supervised"))),
            seen,
            about,
            "2.1.2.3-b",
            f"{field}.minimum_supervised",
        )
    wanted = state.instructions.get(procedure) or requirement.sop_version or ""
    if wanted and held.instruction != wanted:
        yield fail(
            Code.INSTRUCTION_OUTDATED,
            message("of", what=Term("procedure", procedure), value=Identifier(wanted)),
            as_written(held.instruction),
            about,
            "2.1.2.3-c",
            field,
        )
