"""The closed lists of words that results carry: sets, methods, caveats and reasons.

A code is translated at the edge: its text stands in the catalogue `analysis` under
`analysis.<list>.<code>`, for example `analysis.caveat.immortal_time`.
"""

from __future__ import annotations

from enum import StrEnum


class Population(StrEnum):
    """Analysis sets, named by what happened to the subject."""

    CONSENTED = "consented"
    ENROLLED = "enrolled"
    RESOLVED = "resolved"
    COLLECTED = "collected"
    WITH_PRODUCT = "with_product"
    LYMPHODEPLETED = "lymphodepleted"
    INFUSED = "infused"
    INFUSED_CONFORMING = "infused_conforming"
    DLT_EVALUABLE = "dlt_evaluable"
    EFFICACY_EVALUABLE = "efficacy_evaluable"
    RESPONDERS = "responders"
    SAFETY = "safety"
    BATCHES = "batches"
    SUBJECT = "subject"
    PAIRS = "pairs"
    GIVEN = "given"


class Method(StrEnum):
    """How a number, or its interval, was made."""

    CLOPPER_PEARSON = "clopper_pearson"
    EXACT_POISSON = "exact_poisson"
    EXACT_POISSON_UPPER = "exact_poisson_upper"
    KAPLAN_MEIER = "kaplan_meier"
    LOG_LOG = "log_log"
    LOG = "log"
    PLAIN = "plain"
    AALEN_JOHANSEN = "aalen_johansen"
    RMST = "rmst"
    OBSERVED = "observed"
    ORDER_STATISTIC = "order_statistic"
    GEOMETRIC_MEAN = "geometric_mean"
    LINEAR = "linear"
    LINEAR_UP_LOG_DOWN = "linear_up_log_down"
    LINEAR_LOG = "linear_log"
    LOG_LINEAR_REGRESSION = "log_linear_regression"
    COHEN_KAPPA = "cohen_kappa"
    SPEARMAN = "spearman"
    LIMITS_OF_AGREEMENT = "limits_of_agreement"
    BOUNDS = "bounds"
    COX = "cox"
    FINE_GRAY = "fine_gray"
    WELCH = "welch"
    SCORE = "score"


class Caveat(StrEnum):
    """What a reader must keep in mind about a number."""

    PENDING_SUBJECTS = "pending_subjects"
    IMMORTAL_TIME = "immortal_time"
    ENROLMENT_NOT_DATED = "enrolment_not_dated"
    INFUSED_ONLY = "infused_only"
    SELECTED_RESPONDERS = "selected_responders"
    DESCRIPTIVE_FEW = "descriptive_few"
    UNKNOWN_GRADE = "unknown_grade"
    CMAX_LOWER_BOUND = "cmax_lower_bound"
    BELOW_LLOQ_DROPPED = "below_lloq_dropped"
    BELOW_LLOQ_TAIL_ZERO = "below_lloq_tail_zero"
    BELOW_LLOQ_REPLACED = "below_lloq_replaced"
    TRUNCATED_AT_LAST_SAMPLE = "truncated_at_last_sample"
    BASELINE_ASSUMED_ZERO = "baseline_assumed_zero"
    EXTRAPOLATED = "extrapolated"
    INTERPOLATED = "interpolated"
    SHORT_HALF_LIFE_WINDOW = "short_half_life_window"
    POOR_HALF_LIFE_FIT = "poor_half_life_fit"
    NOT_ASSESSED_COUNTED_AS_NON_RESPONSE = "not_assessed_counted_as_non_response"
    NOT_ASSESSED_LEFT_OUT = "not_assessed_left_out"
    NEW_THERAPY_AS_NON_RESPONSE = "new_therapy_as_non_response"
    NEW_THERAPY_IGNORED = "new_therapy_ignored"
    EARLY_FAILURES_COUNTED = "early_failures_counted"
    RANKS_ONLY = "ranks_only"
    ONE_SIDED = "one_sided"
    SMALL_NUMBER_AT_RISK = "small_number_at_risk"
    UPPER_LIMIT_NOT_REACHED = "upper_limit_not_reached"
    PROPORTIONAL_HAZARDS = "proportional_hazards"
    DEATH_COMPETES = "death_competes"
    UNPAIRED_LEFT_OUT = "unpaired_left_out"


class Reason(StrEnum):
    """Why a number could not be estimated."""

    NO_SUBJECTS = "no_subjects"
    NO_EVENTS_RECORDED = "no_events_recorded"
    NOT_REACHED = "not_reached"
    BEYOND_FOLLOW_UP = "beyond_follow_up"
    NO_DECISION = "no_decision"
    FEW_EVENTS = "few_events"
    MONOTONE_LIKELIHOOD = "monotone_likelihood"
    COLLINEAR = "collinear"
    NO_PERSON_TIME = "no_person_time"
    NEVER_QUANTIFIABLE = "never_quantifiable"
    SAMPLE_NOT_USABLE = "sample_not_usable"
    ABOVE_LIMIT = "above_limit"
    NO_SAMPLES = "no_samples"
    NO_BASELINE_SAMPLE = "no_baseline_sample"
    LAST_SAMPLE_TOO_EARLY = "last_sample_too_early"
    TOO_FEW_POINTS = "too_few_points"
    NOT_DECLINING = "not_declining"
    HALF_LIFE_BEYOND_OBSERVATION = "half_life_beyond_observation"
    NO_VECTOR_COPY_NUMBER = "no_vector_copy_number"
    NO_PAIRS = "no_pairs"
    NO_VARIATION = "no_variation"
    NOT_RECOVERED = "not_recovered"
    ENROLMENT_ORIGIN_MISSING = "enrolment_origin_missing"
