"""Checks of part 1: scope, nature of the product, learning as evidence grows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from celltrial.guideline.checks.shared import contradicted_vector
from celltrial.guideline.facts import vector_contradiction
from celltrial.guideline.knowledge import absent_risks
from celltrial.guideline.references import evidence_lines, is_registry_number, well_formed
from celltrial.guideline.verdict import Case, Finding, Severity, finding, unstated
from celltrial.guideline.vocabulary import named_in

_PROFILE: Final = ("ex_vivo_steps", "storage", "transport", "mechanism", "made_per_subject", "mixed_composition")


def check_scope(case: Case) -> Iterator[Finding]:
    """1.1-b: cells are worked on outside the body and returned to a patient.

    A product made inside the body (a vector or nanoparticle is given, no cells are), or one of which no work on cells is
    stated, is not one that the guideline speaks of; its review ends with that and in no approval.
    """
    product = case.protocol.product
    prose = [
        text
        for item in (product.name, product.mechanism, product.other_mechanism)
        if item
        for text in (item.en, item.zh)
    ]
    if "made_in_the_body" in named_in((*product.ex_vivo_steps, *prose), "scope"):
        yield finding("made_in_the_body", "product.ex_vivo_steps", Severity.MINOR)
    elif "work_on_cells" not in named_in(product.ex_vivo_steps, "step"):
        found = ", ".join(product.ex_vivo_steps) or "-"
        yield finding("no_ex_vivo_step", "product.ex_vivo_steps", Severity.MINOR, found=found)
    if not product.returned_to_patient:
        yield finding("not_returned", "product.returned_to_patient", Severity.MINOR)


def check_references(case: Case) -> Iterator[Finding]:
    """1.1-a: what the protocol cites can be looked up: references and registry numbers have the form of one, and every
    line of evidence that names a reference names one of the list.
    """
    protocol = case.protocol
    on = protocol.identification.version_date
    wrong = [item.id for item in protocol.references if not well_formed(item, on)]
    if wrong:
        index = next(i for i, item in enumerate(protocol.references) if item.id == wrong[0])
        yield finding("reference_malformed", f"references.{index}", Severity.MINOR, found=", ".join(wrong))
    registered = [number for number in protocol.identification.registry_ids if not is_registry_number(number)]
    if registered:
        yield finding("registry_malformed", "identification.registry_ids", Severity.MINOR, found=", ".join(registered))
    listed = {item.id for item in protocol.references}
    unlisted = [
        (path, item.reference) for path, item in evidence_lines(protocol) if item.reference not in {None, *listed}
    ]
    if unlisted:
        path, found = f"{unlisted[0][0]}.reference", ", ".join(sorted({str(key) for _, key in unlisted}))
        yield finding("reference_not_listed", path, Severity.MINOR, found=found)


def check_pathway(case: Case) -> Iterator[Finding]:
    """1.2-a: the guideline speaks to products developed as drugs."""
    pathway = case.protocol.identification.pathway
    if pathway != "drug_registration":
        yield finding("other_pathway", "identification.pathway", Severity.NOTE, found=pathway)


def check_gene_therapy_overlay(case: Case) -> Iterator[Finding]:
    """1.2-b: a gene-modified product states its vector, integration and release test."""
    product = case.protocol.product
    if product.gene_modified is None:
        yield finding("gene_modification_unknown", "product.gene_modified", Severity.MINOR)
    if product.exogenous_gene is False:
        return
    if product.vector is None:
        yield finding("vector_not_described", "product.vector", Severity.MINOR)
    elif product.vector.integration in {None, "unknown"}:
        yield finding("integration_unknown", "product.vector.integration", Severity.MINOR)


def check_agency_questions(case: Case) -> Iterator[Finding]:
    """1.2-e: each justification is a question worth asking the agency, and an answer on record has its date and words."""
    protocol = case.protocol
    asked = protocol.governance.agency if protocol.governance else ()
    clauses = sorted({item.clause for item in protocol.justifications})
    if clauses and not asked:
        yield finding("justifications_not_discussed", "governance.agency", clauses=", ".join(clauses))
    for index, item in enumerate(asked):
        path, version = f"governance.agency.{index}", protocol.identification.version_date
        if item.status == "answered" and (item.dated is None or item.advice is None):
            yield finding("agency_answer_incomplete", path, Severity.MINOR)
        if item.dated is not None and item.status != "planned" and item.dated > version:
            shown = {"found": item.dated.isoformat(), "date": version.isoformat()}
            yield finding("agency_dated_after", f"{path}.dated", Severity.MINOR, **shown)


def check_product_profile(case: Case) -> Iterator[Finding]:
    """1.3-a: the profile has no empty field and does not contradict itself, donor cells add testing and matching, and
    the risks of this product, source of cells and target are planned for (donor T cells: graft-versus-host disease).
    """
    product = case.protocol.product
    empty = [name for name in _PROFILE if getattr(product, name) in {None, ()}]
    if product.cell_source == "allogeneic":
        empty += [name for name in ("donor_testing", "hla_matching") if not getattr(product, name)]
    if empty:
        yield finding("profile_incomplete", "product", Severity.MINOR, fields=", ".join(empty))
    if vector_contradiction(product) is None:
        yield from contradicted_vector(product, spoken=True)
    making = case.protocol.manufacturing
    if making is not None and making.release_tests:
        tested = named_in(making.release_tests, "release")
        untested = ", ".join(f"release_{name}" for name in ("sterility", "endotoxin") if name not in tested)
        if untested:
            yield finding("release_safety_untested", "manufacturing.release_tests", Severity.MINOR, tests=untested)
    missing = absent_risks(case.protocol) if case.protocol.risk_plan is not None else ()
    if missing:
        yield finding("class_risks_absent", "risk_plan.risks", Severity.MINOR, terms=", ".join(missing))


def check_replication_competent_virus(case: Case) -> Iterator[Finding]:
    """1.3-d: a viral integrating vector has tests for replication-competent virus on release and afterwards."""
    protocol = case.protocol
    vector = protocol.product.vector
    if vector is None or vector.kind not in {"lentiviral", "gammaretroviral"}:
        return
    if vector.replication_competent_test_on_release is not True:
        yield finding("no_rcr_test_on_release", "product.vector.replication_competent_test_on_release", Severity.MINOR)
    elif protocol.manufacturing is not None:
        tests = protocol.manufacturing.release_tests
        if tests and "replication_competent_virus" not in named_in(tests, "release"):
            yield finding("no_rcr_test_on_release", "manufacturing.release_tests", Severity.MINOR)
    if protocol.follow_up is None:
        yield unstated("follow_up", "3.1-a")
        return
    measured = protocol.pharmacology and any(row.attribute == "rcr" for row in protocol.pharmacology.measurements)
    followed = any(row.kind == "rcr" for row in protocol.follow_up.assays)
    if not (measured and followed):
        yield finding("no_rcr_plan", "follow_up.assays", Severity.MINOR)


def check_risk_factors_stated(case: Case) -> Iterator[Finding]:
    """1.3-e: each factor of the risk tier is stated, an unknown one was counted as present; another tier has its reason."""
    missing, product = case.tier.missing, case.protocol.product
    if missing:
        yield finding(
            "risk_factors_unknown", missing[0], Severity.NOTE, fields=", ".join(missing), tier=case.tier.computed.value
        )
    if product.risk_override is not None and product.risk_tier is None:
        yield finding("risk_override_without_tier", "product.risk_tier", Severity.MINOR)
    computed, taken = case.tier.computed, case.tier.tier
    if case.tier.is_lowered:
        yield finding(
            "risk_tier_lowered", "product.risk_tier", Severity.MINOR, computed=computed.value, taken=taken.value
        )
    elif taken is not computed:
        yield finding(
            "risk_tier_raised", "product.risk_tier", Severity.NOTE, computed=computed.value, taken=taken.value
        )


def check_risk_library(case: Case) -> Iterator[Finding]:
    """1.3-f: the events known of engineered T cells are in the risk plan."""
    plan = case.protocol.risk_plan
    if plan is None:
        yield unstated("risk_plan", "2.1.2.2-b")
        return
    absent = absent_risks(case.protocol)
    if absent:
        yield finding("expected_risks_absent", "risk_plan.risks", terms=", ".join(absent))


def check_evidence_review(case: Case) -> Iterator[Finding]:
    """1.3-g: new evidence is reviewed at a stated interval, no longer than the register's, and was when this was written."""
    governance = case.protocol.governance
    longest = case.clause.params.get("review_interval_months", 6)
    if governance is None or governance.evidence_review_interval is None:
        yield finding("no_evidence_review", "governance.evidence_review_interval", months=longest)
        return
    interval = governance.evidence_review_interval
    if interval.days > longest * 365.25 / 12 + 0.5:
        path = "governance.evidence_review_interval"
        yield finding("evidence_review_too_rare", path, Severity.MINOR, found=str(interval), months=longest)
    last, version = governance.last_evidence_review, case.protocol.identification.version_date
    if last is not None and last > version:
        shown = {"found": last.isoformat(), "date": version.isoformat()}
        yield finding("evidence_review_after_version", "governance.last_evidence_review", Severity.MINOR, **shown)
    if last is not None and (version - last).days > interval.days + 0.5:
        path, when = "governance.last_evidence_review", version.isoformat()
        yield finding(
            "evidence_review_overdue", path, Severity.MINOR, found=last.isoformat(), date=when, interval=str(interval)
        )
