"""From a protocol to the facts that triggers speak of; what is not stated stays unknown.

Facts of a subject or an event (`treated`, `stopping_rule_met`, ...) are true
here: a plan must provide for what can happen.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from celltrial.clinical.follow_up import FollowUpClass, FollowUpNeed, ProductFacts, required_follow_up
from celltrial.core.doses import DoseBasis
from celltrial.guideline.knowledge import vector_rows
from celltrial.guideline.register import Register
from celltrial.guideline.risk_tier import RiskTier, Tier
from celltrial.guideline.trigger import FactValue
from celltrial.guideline.vocabulary import named_in
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.efficacy import Endpoint
from celltrial.protocol.model.escalation import Escalation
from celltrial.protocol.model.manufacturing import CmcChange
from celltrial.protocol.model.product import Product, Vector

#: The clause that states the minimum years of each follow-up class.
MINIMUM_CLAUSES: Final[Mapping[FollowUpClass, str]] = MappingProxyType(
    {
        FollowUpClass.NO_FOREIGN_GENE: "3.1-f",
        FollowUpClass.LOW_INTEGRATION: "3.1-g",
        FollowUpClass.INTEGRATING: "3.1-h",
    }
)
_SITUATIONS: Final = (
    "treated",
    "not_treated",
    "childbearing_potential",
    "manufacturing_failed",
    "stopping_rule_met",
    "release_or_transport_ae",
)
#: Endpoints of safety or feasibility need no validation as measures of benefit.
SAFETY_KINDS: Final = frozenset({"safety", "dlt", "feasibility"})
_PLAIN_ROUTES: Final = frozenset({"intravenous", "subcutaneous"})


def facts_of(protocol: Protocol, tier: RiskTier) -> Mapping[str, FactValue]:
    """Return every fact of the trigger vocabulary; None is unknown."""
    facts: dict[str, FactValue] = dict.fromkeys(_SITUATIONS, True)
    facts |= _product_facts(protocol, tier)
    facts |= _trial_facts(protocol)
    return MappingProxyType(facts)


def _product_facts(protocol: Protocol, tier: RiskTier) -> dict[str, FactValue]:
    product = protocol.product
    return {
        "product_type": product.type,
        "gene_modified": product.gene_modified,
        "exogenous_gene": product.exogenous_gene,
        "vector_integration": integration(product),
        "gene_knockout": product.gene_knockout,
        "secretes_factor": bool(product.secreted_factors),
        "multi_target": len(product.targets) > 1,
        "alters_survival_or_differentiation": product.alters_survival_or_differentiation,
        "made_per_subject": product.made_per_subject,
        "mixed_composition": product.mixed_composition,
        "active_subset_known": _active_subset_known(protocol),
        "shared_marker_with_malignancy": product.shared_marker_with_malignancy,
        "high_risk_product": tier.tier is Tier.HIGH,
    }


def _kinds(product: Product) -> set[str]:
    """Return the ways in which genes get in by the fields; a kind left open is read from the steps and the mechanism."""
    vector = product.vector
    if vector is not None and vector.kind != "other":
        kinds: set[str] = {vector.kind}
    elif vector is None and product.exogenous_gene is False:
        kinds = set()
    else:
        kinds = _spoken_kinds(product)
    cuts = bool(product.gene_knockout) or "electroporated_rnp" in kinds
    if product.exogenous_gene and (kinds == {"electroporated_rnp"} or ("AAV" in kinds and cuts)):
        kinds.add("knock_in")
    return kinds


def _spoken_kinds(product: Product) -> set[str]:
    prose = [text for item in (product.name, product.mechanism) if item for text in (item.en, item.zh)]
    return set(named_in((*product.ex_vivo_steps, *prose), "vector")) - {"integrase_deficient"}


def vector_contradiction(product: Product, *, spoken: bool = False) -> str | None:
    """Return the kind of gene transfer that the declared integration contradicts; None where none does.

    A knock-in is a nuclease, or a repair template brought by AAV, together with a foreign gene. `low` is credible of a
    lentiviral vector only where it is said to lack its integrase and evidence is cited for it.
    spoken: also the kinds that only the steps, the mechanism and the name speak of.
    """
    vector = product.vector
    stated = vector.integration if vector is not None else ("none" if product.exogenous_gene is False else None)
    if stated is None:
        return None
    rows = vector_rows()
    kinds = _kinds(product) | (_spoken_kinds(product) if spoken else set())
    for kind in sorted(kinds & set(rows), key=lambda name: (rows[name].integration != "integrating", name)):
        if stated in rows[kind].credible:
            continue
        if kind == "lentiviral" and stated == "low" and vector is not None and _lacks_integrase(vector):
            continue
        if kind == "electroporated_rnp" and not product.exogenous_gene:
            continue
        return kind
    return None


def _lacks_integrase(vector: Vector) -> bool:
    said = [
        text
        for item in vector.integration_evidence
        if item.reference
        for text in (item.statement.en, item.statement.zh)
    ]
    return "integrase_deficient" in named_in(said, "vector")


def stated_integration(product: Product) -> str | None:
    """Return `none`, `low` or `integrating` as stated or as the kind of vector implies; None is not known.

    A declaration that the kind of vector contradicts does not count.
    """
    if product.exogenous_gene is False:
        return "none"
    kind = vector_contradiction(product)
    if kind is not None and vector_rows()[kind].integration == "integrating":
        return "integrating"
    if product.vector is None:
        return None
    stated = product.vector.integration
    if stated in {None, "unknown"}:
        row = vector_rows().get(product.vector.kind)
        return "integrating" if row is not None and row.integration == "integrating" else None
    return stated


def integration(product: Product) -> str | None:
    """Return the integration class that holds: a claim of low risk without evidence is integrating (AC-F1.4)."""
    stated = stated_integration(product)
    shown = product.vector is not None and bool(product.vector.integration_evidence)
    return "integrating" if stated == "low" and not shown else stated


def _active_subset_known(protocol: Protocol) -> bool | None:
    if protocol.product.subsets:
        return any(subset.active for subset in protocol.product.subsets)
    if protocol.dose.basis is DoseBasis.TARGET_POSITIVE_VIABLE:
        return True
    return None if protocol.product.mixed_composition is not False else True


def _trial_facts(protocol: Protocol) -> dict[str, FactValue]:
    trial = protocol.trial
    route = protocol.treatment.infusion.route
    return {
        "phase": trial.phase,
        "fih": trial.first_in_human,
        "seamless": trial.seamless,
        "design": trial.design,
        "blinding": trial.blinding.level,
        "malignancy": trial.malignancy,
        "paediatric": _paediatric(protocol),
        "adult_data": bool(protocol.population.paediatric.adult_data),
        "multicentre": trial.multicentre,
        "lymphodepletion": protocol.treatment.lymphodepletion is not None,
        "complex_delivery": route not in _PLAIN_ROUTES or bool(protocol.sites and protocol.sites.complex_delivery),
        "interrupts_therapy": trial.interrupts_therapy,
        "endpoint_validated": _endpoint_validated(protocol),
        "mtd_determined": False if protocol.escalation and protocol.escalation.mtd_needed is False else None,
        "major_cmc_change": bool(
            protocol.manufacturing and any(is_major(item) for item in protocol.manufacturing.changes)
        ),
        "ltfu_protocol": protocol.follow_up.arrangement if protocol.follow_up else None,
        "approved": trial.approved_product,
    }


def is_major(change: CmcChange) -> bool:
    """Tell whether a change of the process is major: called so, or its text names what makes the cells others."""
    return change.major or bool(named_in((change.text.en, change.text.zh), "change"))


def youngest_age(protocol: Protocol) -> float | None:
    """Return the lowest age in completed years that the criteria allow; None where none is stated.

    Above 17 means 18 or more, and an exclusion below 18 says the same.
    """
    ages = []
    for item in protocol.population.criteria:
        if item.concept != "age" or isinstance(item.value, bool) or not isinstance(item.value, int | float):
            continue
        rule = (item.kind, item.operator)
        if rule in {("inclusion", ">="), ("inclusion", "=="), ("exclusion", "<")}:
            ages.append(float(item.value))
        elif rule in {("inclusion", ">"), ("exclusion", "<=")}:
            ages.append(float(math.floor(item.value) + 1))
    return max(ages) if ages else None


def lightest_weight(protocol: Protocol) -> float | None:
    """Return the lowest body weight in kg that the inclusion criteria allow; None where none is stated."""
    weights = [
        float(item.value)
        for item in protocol.population.criteria
        if item.kind == "inclusion"
        and item.concept == "body_weight"
        and item.operator in {">=", ">"}
        and isinstance(item.value, int | float)
    ]
    return max(weights) if weights else None


def _paediatric(protocol: Protocol) -> bool | None:
    if protocol.population.paediatric.included:
        return True
    age = youngest_age(protocol)
    return None if age is None else age < 18


def decisive_endpoints(protocol: Protocol) -> tuple[tuple[int, Endpoint], ...]:
    """Return the primary and key secondary endpoints with their positions."""
    endpoints = protocol.efficacy.endpoints if protocol.efficacy else ()
    return tuple((index, item) for index, item in enumerate(endpoints) if item.rank in {"primary", "key_secondary"})


def _endpoint_validated(protocol: Protocol) -> bool | None:
    decisive = decisive_endpoints(protocol)
    answers = [item.direct_clinical_benefit or item.validated for _, item in decisive if item.kind not in SAFETY_KINDS]
    if False in answers:
        return False
    return None if None in answers or not decisive else True


def missing_facts(facts: Mapping[str, FactValue]) -> tuple[str, ...]:
    """Return the facts that the protocol does not state; `mtd_determined` is known only afterwards."""
    return tuple(name for name, value in facts.items() if value is None and name != "mtd_determined")


def minimum_years(register: Register) -> dict[FollowUpClass, float]:
    """Return the minimum years of follow-up that a register states per class."""
    return {
        group: register.clauses[clause].params["years"]
        for group, clause in MINIMUM_CLAUSES.items()
        if clause in register.clauses
    }


def follow_up_need(product: Product, register: Register, *, justified: bool = False) -> FollowUpNeed:
    """Return the years of follow-up a product asks for under a register.

    justified: an unclassified product whose class is argued for keeps only the smallest class minimum it can fall in.
    """
    least = FollowUpClass.NO_FOREIGN_GENE if product.exogenous_gene is False else FollowUpClass.LOW_INTEGRATION
    vector = product.vector
    facts = ProductFacts(
        exogenous_gene=product.exogenous_gene,
        alters_survival_or_differentiation=product.alters_survival_or_differentiation,
        gene_knockout=product.gene_knockout,
        vector_integration=stated_integration(product) if product.exogenous_gene else None,
        low_integration_evidence=bool(vector and vector.integration_evidence),
        natural_survival_years=product.natural_survival.years if product.natural_survival else None,
        persistence_years=product.persistence_bound.years if product.persistence_bound else None,
        delayed_event_onset_years=product.delayed_event_onset_bound.years
        if product.delayed_event_onset_bound
        else None,
    )
    return required_follow_up(
        facts, minimum_years=minimum_years(register), justified_class=least if justified else None
    )


def target_rate(plan: Escalation) -> float | None:
    """Return the target rate of dose-limiting toxicity of a design, or the highest that it accepts; None where it states neither."""
    stated = plan.design.params.get(rate_name(plan))
    return float(stated) if isinstance(stated, int | float) and not isinstance(stated, bool) else None


def rate_name(plan: Escalation) -> str:
    """Return the parameter in which a design states that rate."""
    return next((name for name in ("target_dlt_rate", "max_dlt_rate") if name in plan.design.params), "target_dlt_rate")
