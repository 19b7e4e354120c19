"""The protocol tests itself: what each experiment sends, and that it tells a protocol that stops from one that does not."""

from __future__ import annotations

import itertools

import pytest

from celltrial.guideline.experiments import EXPERIMENTS, NotTriedError, Reply, opened, run
from celltrial.guideline.experiments.entering import of_men
from celltrial.guideline.experiments.harming import accepted_rate
from celltrial.guideline.register import packaged_register
from celltrial.guideline.verdict import Kind
from celltrial.guideline.wording import finding_text, ground_text
from celltrial.locale import LANGUAGES, has, translate
from celltrial.protocol.policies import boundary_of
from spec.guideline_edits import BCMA, CD19, CIK, DC, NK, TCR, TIL, both, edited, found, reviewed, rows_where

NAMES = (BCMA, NK, CD19, CIK, DC, TCR, TIL)
#: What each experiment cannot try on an example, and why.
NOT_TRIED = {
    **{("second-subject", name): "no_dose_finding" for name in (CD19, CIK, DC, TIL)},
    **{("no-follow-up-consent", name): "no_separate_follow_up" for name in (CIK, DC, TIL)},
    ("pregnant", DC): "of_men",
}


def tried(name, experiment, *changes):
    return run(experiment, opened(edited(name, *changes)))


def answers(outcome):
    return {(item.code, item.holds) for item in outcome.answers}


def without(concept):
    return ("population.criteria", rows_where(concept=concept))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_example_does_what_every_experiment_asks(name, experiment):
    outcome = tried(name, experiment)
    reason = NOT_TRIED.get((experiment, name))
    assert (outcome.not_tried.code if outcome.not_tried else None) == reason
    assert all(item.holds for item in outcome.answers)
    assert {clause for item in outcome.answers for clause in item.clauses} <= {
        *EXPERIMENTS[experiment].clauses, "2.1.2.2-b",
    }  # fmt: skip
    if reason is None:
        assert outcome.steps
        assert all(step.conditions for step in outcome.steps if step.reply is Reply.REFUSED)


def test_every_clause_of_an_experiment_stands_in_the_register():
    assert {clause for item in EXPERIMENTS.values() for clause in item.clauses} <= set(packaged_register().clauses)


def test_the_same_protocol_gives_the_same_steps_and_answers():
    first, second = ([run(name, opened(edited(TCR))) for name in EXPERIMENTS] for _ in range(2))
    assert [(item.steps, item.answers) for item in first] == [(item.steps, item.answers) for item in second]


def test_an_experiment_leaves_nothing_behind_for_the_next():
    trial = opened(edited(BCMA))
    alone = [run(name, opened(edited(BCMA))).answers for name in EXPERIMENTS]
    assert [run(name, trial).answers for name in EXPERIMENTS] == alone
    assert [run(name, trial).answers for name in reversed(EXPERIMENTS)] == alone[::-1]


#: Experiment, example, edit, clause, code of the finding, severity.
BROKEN = (
    ("pregnant", TIL, [without("pregnancy_test")], "2.1.2.1-b", "tried_pregnant", "major"),
    ("pregnant", CIK, [without("pregnancy_test")], "2.1.2.1-b", "tried_pregnant", "major"),
    ("pregnant", DC, [("trial.indication", both("Melanoma"))], "2.1.2.1-b", "tried_pregnant", "major"),
    ("pregnant", TCR, [without("pregnancy_test")], "2.1.1.4-c", "pregnancy_not_excluded", "major"),
    ("pregnant", TIL, [("population.criteria", lambda rows: [{**row, "recheck_before": []} for row in rows])],
     "2.1.3-b", "tried_pregnant_later", "note"),
    ("child", NK, [without("age")], "2.1.2.1-b", "tried_child", "major"),
    ("without-diagnosis", CD19, [without("diagnosis_confirmed")], "2.1.1.1-a", "disease_not_asked_for", "major"),
    ("malignant-cells", CD19, [("product.process_separates_malignant_cells", False), without("blood_or_marrow_involvement")],
     "2.1.1.4-e", "shared_marker_without_exclusion", "note"),
    ("active-infection", DC, [without("active_infection")], "2.1.2.1-b", "tried_active_infection", "major"),
    ("active-infection", BCMA, [without("active_infection"), ("treatment.infusion.conditions", rows_where(concept="body_temperature"))],
     "2.1.3-d", "tried_infected_on_the_day", "major"),
    ("bare-site", BCMA, [("sites.resources", lambda rows: [{**row, "minimum": 1, "needed_for": ["collection"]} for row in rows])],
     "2.1.2.3-a", None, "note"),
    ("untrained-operator", TCR, [("sites.operators", [])], "2.1.2.3-b", "no_operator_minimum", "major"),
    ("second-subject", TCR, [("escalation.staggering.after_first_of_level", "0 h")], "2.2.4-a", None, "major"),
    ("harm-to-all", NK, [("stopping.rules.0.event.terms", ["Zzz"])], "2.1.2.4-a", "stopping_unknown_terms", "major"),
    ("harm-to-all", BCMA, [("stopping.rules.0.params", {"threshold": 0.3, "certainty": 0.95, "prior_a": 0.6, "prior_b": 1.4, "min_n": 60})],
     "2.1.2.4-a", "stopping_cannot_fire", "major"),
    ("harm-to-twice-the-limit", BCMA,
     [("stopping.rules.0.params", {"threshold": 0.1, "certainty": 0.9999, "prior_a": 1, "prior_b": 9, "min_n": 3})],
     "2.1.2.4-a", None, "major"),
    ("follow-up-visits", CD19, [("follow_up.visits_months", [1]), ("follow_up.then_every", "178 mo")], "3.1-a", "nobody_seen_for_long", "major"),
)  # fmt: skip


@pytest.mark.parametrize(
    ("experiment", "name", "changes", "clause", "code", "severity"),
    BROKEN,
    ids=[f"{row[0]}-{row[1]}-{row[4]}" for row in BROKEN],
)
def test_a_protocol_that_does_not_stop_is_found_at_its_clause(experiment, name, changes, clause, code, severity):
    verdict = reviewed(name, *changes).by_clause[clause]
    assert verdict.kind is Kind.FINDING
    named = [item for item in verdict.findings if item.experiment == experiment]
    assert named, verdict.findings
    assert {item.severity.value for item in named} == {severity}
    assert code is None or code in {item.code for item in named}
    for item in named:
        for language in LANGUAGES:
            text = finding_text(item, language, translate=translate, has=has)
            assert f"celltrial try PROTOCOL {experiment}" in text.found
            assert text.remedy


def test_a_criterion_of_free_text_keeps_out_whom_its_words_name():
    """A pregnant subject answers yes to `Pregnancy`, and no to `Negative pregnancy test`; in Chinese as in English."""

    def free(kind, en, zh):
        asked = {"kind": kind, "concept": "other", "operator": "is", "value": True, "source": "manual", "unit": ""}
        told = {"assessor": "investigator", "assessment": "asked", "text": {"en": en, "zh": zh}, "window": None}
        return lambda rows: [{**row, **asked, **told} if row["concept"] == "pregnancy_test" else row for row in rows]

    kept_out = [("exclusion", "Pregnancy", "妊娠"), ("exclusion", "Pregnant or breast-feeding", "妊娠或哺乳期")]
    for kind, en, zh in kept_out:
        assert answers(tried(TIL, "pregnant", ("population.criteria", free(kind, en, zh)))) >= {("pregnant", True)}
    let_in = free("exclusion", "Active tuberculosis", "活动性结核")
    assert answers(tried(TIL, "pregnant", ("population.criteria", let_in))) == {("pregnant", False)}


def test_only_a_disease_of_men_makes_the_question_of_pregnancy_idle():
    assert of_men(edited(DC))
    assert not any(of_men(edited(name)) for name in NAMES if name != DC)


def test_a_child_waits_for_the_review_of_adults_where_children_may_come():
    evidence = [{"kind": "clinical", "statement": both("Safe in 30 adults"), "reference": None}]
    children = {"included": True, "adult_data": evidence, "cohort_opens_after_adult_review": True}
    ages = ("population.criteria", lambda rows: [{**row, "value": 2} if row["id"] == "I-01" else row for row in rows])
    outcome = tried(BCMA, "child", ("population.paediatric", children), ages)
    assert answers(outcome) == {("child_waits", True)}
    assert [step.reply for step in outcome.steps] == [Reply.REFUSED, Reply.ACCEPTED, Reply.ACCEPTED]


def test_a_subject_in_flight_is_infused_only_as_the_rule_says():
    forbidden = tried(BCMA, "in-flight", ("stopping.in_flight.lymphodepleted_may_be_infused", False))
    assert [step.reply for step in forbidden.steps][-2:] == [Reply.REFUSED, Reply.REFUSED]
    assert answers(forbidden) == {("in_flight", True), ("in_flight_rule", True)}
    silent = tried(BCMA, "in-flight", ("stopping.in_flight", None))
    assert answers(silent) == {("in_flight", True)}
    assert silent.steps[-1].code == "no_in_flight_rule"


def test_as_many_batches_are_made_as_the_protocol_says():
    for most in (1, 3):
        outcome = tried(BCMA, "second-failure", ("manufacturing.failure_plan.maximum_attempts", most))
        assert [step.params["number"] for step in outcome.steps if step.code == "manufacture_failed"] == [
            *range(1, most + 1)
        ]
        assert answers(outcome) >= {("attempts", True)}


@pytest.mark.parametrize("name", NAMES)
def test_the_running_trial_stops_where_the_planned_boundary_says(name):
    """Judge: the boundary of the planner, asked for x of x, and the chance to stop by adding up every order of events."""
    plan = edited(name)
    rule = plan.stopping.rules[0]
    boundary = boundary_of(rule)
    first = next(n for n in itertools.count(1) if boundary.is_crossed(n, n))
    [all_harmed] = [item for item in tried(name, "harm-to-all").answers if item.params["rule"] == rule.id]
    assert all_harmed.params["after"] == first
    rate = min(1.0, 2 * accepted_rate(rule.params))
    small = tried(name, "harm-to-twice-the-limit", ("assumptions.target_infused", 10)) if name == BCMA else None
    if small is None:
        return
    chance = 0.0
    for path in itertools.product((0, 1), repeat=10):
        if any(boundary.is_crossed(sum(path[:n]), n) for n in range(1, 11)):
            chance += rate ** sum(path) * (1 - rate) ** (10 - sum(path))
    [said] = [item for item in small.answers if item.code == "twice_the_limit"]
    assert said.params["n"] == 10
    assert said.params["chance"] == f"{100 * chance:.1f}"


def test_with_twice_the_limit_harmed_the_rule_fires_after_the_subjects_that_a_count_by_hand_gives():
    """Judge: subjects in order, every one whose running share of the rate passes a whole number is harmed."""
    plan = edited(DC)
    boundary, rate = boundary_of(plan.stopping.rules[0]), 2 * plan.stopping.rules[0].params["threshold"]
    harmed = [int(n * rate + 1e-9) for n in range(1, 101)]
    by_hand = next(
        n
        for n, (before, x) in enumerate(itertools.pairwise([0, *harmed]), 1)
        if x > before and boundary.is_crossed(x, n)
    )
    [fired] = [step for step in tried(DC, "harm-to-twice-the-limit").steps if step.code == "rule_fired"]
    assert fired.params["n"] == by_hand


def test_a_protocol_that_nobody_can_enter_is_not_tried_and_says_why():
    never = ("population.criteria", lambda rows: [*rows, {**rows[0], "id": "I-99", "operator": ">=", "value": 90}])
    outcome = tried(BCMA, "pregnant", never)
    assert outcome.answers == ()
    assert isinstance(outcome.not_tried, NotTriedError)
    assert outcome.not_tried.conditions
    assert reviewed(BCMA, never).by_clause["2.1.3-b"].kind is not Kind.COMPUTED


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_and_step_has_its_words(language):
    for name in NAMES:
        for verdict in reviewed(name).verdicts:
            for ground in verdict.grounds:
                if ground.experiment:
                    said = ground_text(ground, language, translate=translate, has=has)
                    assert f"celltrial try PROTOCOL {ground.experiment}" in said
                    assert "{" not in said


def test_what_was_tried_makes_a_clause_computed():
    answer = reviewed(BCMA)
    for clause in (
        "2.1.1.1-a",
        "2.1.2.1-b",
        "2.1.2.3-a",
        "2.1.2.3-b",
        "2.1.2.4-c",
        "2.1.3-b",
        "2.1.3-d",
        "2.1.3-m",
        "3.1-k",
    ):
        assert answer.by_clause[clause].kind is Kind.COMPUTED, clause
    assert found(BCMA, "2.1.2.1-b") == set()
