"""The choices that an analysis rests on, in one object: who reads, what confirms, where the landmark is, what missing means.

They come from the protocol in force; for an import without one, from what its mapping states. What neither states has
the default below, and `stated` distinguishes the two, so that a report can say which choices are its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Final

from celltrial.clinical.response_categories import is_recist
from celltrial.clinical.response_course import CourseRule
from celltrial.conduct.vocabulary import MissingVisit, StatedAnalysis
from celltrial.core.dates import Window
from celltrial.datasets.groups import COMPARABLE
from celltrial.datasets.kinetic_rules import KineticsRules
from celltrial.designs.randomised.spending import SpendingKind
from celltrial.protocol import Protocol
from celltrial.protocol.model import Duration

#: Who may read a response, as the tables name them.
READERS: Final = ("investigator", "irc", "derived")
#: RECIST 1.1: confirmation after at least 4 weeks, stable disease from 6 weeks (Eisenhauer et al. 2009).
_RECIST_CONFIRM: Final = 28
_RECIST_STABLE: Final = 42


@dataclass(frozen=True, slots=True)
class Contrast:
    """Groups that are compared: a factor of `datasets.groups`, and the group that the others are held against.

    reference: None takes the largest group.
    """

    factor: str
    reference: str | None = None


#: What is compared unless a plan says otherwise; dose levels are held against the lowest.
_COMPARED: Final = tuple(Contrast(factor, "1" if factor == "dose_level" else None) for factor in COMPARABLE)


#: Rules of kinetics unless a plan says otherwise: a sample a day early counts for the end of the area.
_KINETICS: Final = KineticsRules(tolerance=1.0)
#: Ratio of two assays that is discordant unless a plan says otherwise.
_FOLD: Final = 3.0


@dataclass(frozen=True, slots=True)
class PrimaryComparison:
    """The one comparison that answers the primary question of a trial, and what it may cost.

    endpoint: OS or PFS. test: `log_rank`, `weighted_log_rank` (with the weights of the plan) or `restricted_mean`.
    stratified: within the strata of the plan. alpha: one-sided error. looks: planned shares of the information, the last
    1. spending: how the error is spent over them, with its gamma where it has one. events: planned at the last look;
    None where the protocol states none.
    """

    endpoint: str
    factor: str = "arm"
    test: str = "log_rank"
    stratified: bool = True
    alpha: float = 0.025
    looks: tuple[float, ...] = (1.0,)
    spending: SpendingKind = "obrien_fleming"
    spending_gamma: float | None = None
    events: int | None = None


@dataclass(frozen=True, slots=True)
class AnalysisPlan:
    """The plan of the analyses of response and survival.

    reader:            whose assessments count (`investigator`, `irc`); another reader is a sensitivity analysis.
    confirm_days:      least days from a response to its confirmation, 0 for the next assessment whenever it is; None
                       where no confirmation is required.
    stable_from_days:  least days from infusion for stable disease to count as best response.
    landmark_day, landmark_window: infusion day of the sustained response, and days to both sides of it.
    missing_landmark:  what a missed landmark visit counts as.
    compare:           which groups are compared, where the data hold two or more of them.
    strata:            factors within whose combinations groups are compared again.
    subgroups:         factors by whose values a comparison of two groups is repeated; ages are cut at `subgroup_age`.
    weights:           rho and gamma of the weighted log-rank test; (0, 1) weighs late differences.
    horizon_days:      to which day means are restricted; None takes the follow-up that all groups share.
    incidence_days:    infusion days by which the first events of a kind are counted.
    survival_days:     days at which curves of survival are read.
    kinetics:          the rules of cellular kinetics.
    assay_fold:        two assays of one sample are discordant beyond this ratio of their shares of cells.
    primary:           the comparison that answers the primary question; None where none does.
    stated:            the fields that the protocol or mapping states; the others are defaults.

    >>> AnalysisPlan().landmark
    Window(low=76, high=104)
    """

    reader: str = "investigator"
    confirm_days: int | None = None
    stable_from_days: int = 0
    landmark_day: int = 90
    landmark_window: int = 14
    missing_landmark: MissingVisit = MissingVisit.NON_RESPONSE
    compare: tuple[Contrast, ...] = _COMPARED
    strata: tuple[str, ...] = ("stratum",)
    subgroups: tuple[str, ...] = ("sex", "age")
    subgroup_age: int = 65
    weights: tuple[float, float] = (0.0, 1.0)
    horizon_days: float | None = None
    incidence_days: tuple[int, ...] = (30, 90, 365)
    survival_days: tuple[int, ...] = (183, 365, 730)
    kinetics: KineticsRules = _KINETICS
    assay_fold: float = _FOLD
    primary: PrimaryComparison | None = None
    stated: frozenset[str] = frozenset()

    @property
    def course(self) -> CourseRule:
        """The rule by which a course of assessments is read."""
        return CourseRule(self.confirm_days, self.stable_from_days)

    @property
    def landmark(self) -> Window:
        """The window of the sustained response, infusion days."""
        return Window(self.landmark_day - self.landmark_window, self.landmark_day + self.landmark_window)


def plan_from_protocol(protocol: Protocol | None) -> AnalysisPlan:
    """Return the plan of a protocol; the defaults where there is none or where it plans no assessment of response."""
    efficacy = protocol.efficacy if protocol is not None else None
    rules, fold = _kinetics(protocol), _fold(protocol)
    if efficacy is None:
        return AnalysisPlan(kinetics=rules, assay_fold=fold)
    recist = is_recist(efficacy.criteria)
    stated = {"confirm_days"} if efficacy.confirmation_interval or not efficacy.confirmation_required else set()
    interval, stable = efficacy.confirmation_interval, efficacy.minimum_stable_disease
    confirm = _days(interval) if interval is not None else _RECIST_CONFIRM if recist else 0
    primary, subgroups, horizon = _primary(protocol)
    central = efficacy.independent_review is not None and efficacy.independent_review.role == "primary"
    day = efficacy.sustained_response_day
    stated |= {"reader"} if efficacy.independent_review is not None else set()
    stated |= {"stable_from_days"} if stable is not None else set()
    stated |= {"landmark_day", "landmark_window"} if day is not None else set()
    plan = AnalysisPlan(
        compare=_compared(protocol),
        reader="irc" if central else "investigator",
        confirm_days=confirm if efficacy.confirmation_required else None,
        stable_from_days=_days(stable) if stable is not None else _RECIST_STABLE if recist else 0,
        kinetics=rules,
        assay_fold=fold,
        stated=frozenset(stated),
    )
    if primary is not None:
        plan = replace(
            plan,
            primary=primary,
            subgroups=subgroups,
            horizon_days=horizon,
            stated=plan.stated | {"primary", "subgroups", "horizon_days"},
        )
    return plan if day is None else replace(plan, landmark_day=day, landmark_window=efficacy.sustained_response_window)


def _compared(protocol: Protocol | None) -> tuple[Contrast, ...]:
    """Return what is compared, with the arms held against the one that gets no cells, where the protocol says which that is."""
    arms = protocol.arms if protocol is not None else ()
    control = next((item.id for item in arms if item.kind != "experimental"), None)
    return tuple(Contrast("arm", control) if item.factor == "arm" else item for item in _COMPARED)


def _kinetics(protocol: Protocol | None) -> KineticsRules:
    """Return the rules of kinetics with the protocol's choice for values below the limit of quantification."""
    plan = protocol.pharmacology if protocol is not None else None
    stated = plan.below_limit_rule if plan is not None else None
    return _KINETICS if stated is None else replace(_KINETICS, below_limit=stated)


def _fold(protocol: Protocol | None) -> float:
    """Return the ratio of two assays beyond which the protocol calls them discordant."""
    plan = protocol.pharmacology if protocol is not None else None
    limits = plan.assay_agreement_limits if plan is not None else None
    return _FOLD if limits is None else max(float(limits[1]), 1 / float(limits[0]))


#: Kind of an endpoint of the protocol to the endpoint of the tables.
_ENDPOINTS: Final = {"overall_survival": "OS", "progression_free_survival": "PFS"}


def _primary(protocol: Protocol | None) -> tuple[PrimaryComparison | None, tuple[str, ...], float | None]:
    """Return the comparison that answers the primary question, its subgroups and its horizon in days."""
    plan = protocol.confirmatory.primary_analysis if protocol is not None and protocol.confirmatory else None
    if protocol is None or protocol.efficacy is None or plan is None:
        return None, (), None
    kind = next(item.kind for item in protocol.efficacy.endpoints if item.id == plan.endpoint)
    primary = PrimaryComparison(
        endpoint=_ENDPOINTS[kind],
        test=plan.test,
        stratified=plan.stratified,
        alpha=plan.alpha,
        looks=plan.looks,
        spending=plan.spending,
        spending_gamma=plan.spending_gamma,
        events=plan.events,
    )
    return primary, plan.subgroups, None if plan.horizon is None else plan.horizon.days


def _days(duration: Duration) -> int:
    """Return a least time in whole days, rounded up."""
    return math.ceil(duration.days)


def plan_from_mapping(stated: StatedAnalysis | None) -> AnalysisPlan:
    """Return the plan that a mapping states for an import; the defaults where it states none."""
    if stated is None:
        return AnalysisPlan()
    return AnalysisPlan(
        reader=stated.reader,
        confirm_days=stated.confirm_days,
        stable_from_days=stated.stable_from_days,
        landmark_day=stated.landmark_day,
        landmark_window=stated.landmark_window,
        missing_landmark=stated.missing_landmark,
        stated=frozenset(item.name for item in fields(stated)),
    )
