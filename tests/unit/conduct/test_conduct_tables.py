"""The visible tables are complete: every fact folds, every command is decided and has its roles, every code its texts."""

from __future__ import annotations

import dataclasses
import importlib
import re
from enum import StrEnum, unique
from pathlib import Path

import pytest

import celltrial
from celltrial import locale
from celltrial.conduct import decide, monitors
from celltrial.conduct.acts import roles
from celltrial.conduct.acts.commands import COMMANDS, GATED, HISTORICAL, WITHOUT_PROTOCOL
from celltrial.conduct.acts.signing.commands import GiveSignature
from celltrial.conduct.codes import Code
from celltrial.conduct.envelope import Role
from celltrial.conduct.facts import events, evolve
from celltrial.conduct.facts.events import EVENTS
from celltrial.designs import STOPPING_RULES, build_stopping_rule
from celltrial.designs.policy import Reason
from celltrial.forms.description import Kind, describe_record
from celltrial.locale.records import item_value

AREAS = (
    "trial",
    "account",
    "permit",
    "signing",
    "site",
    "subject",
    "batch",
    "cohort",
    "scope",
    "safety",
    "assessment",
    "tumour",
    "follow_up",
    "document",
)
PARTS = {"Bag", "FollowUpItem", "GrowthScore", "ClassYears", "CopyKind", "NeededSignature", "Part", "Permitted"}
#: A signature has no decider of its own: it lets another act be judged again.
JUDGED_AGAIN = {GiveSignature}
SOURCE = Path(celltrial.__file__).parent


def classes(area, kind):
    storey = {"events": "facts", "commands": "acts"}[kind]
    module = importlib.import_module(f"celltrial.conduct.{storey}.{area}.{kind}")
    return {item for item in vars(module).values() if isinstance(item, type) and item.__module__ == module.__name__}


@pytest.mark.parametrize("area", AREAS)
def test_every_fact_has_a_stored_name_and_an_evolver(area):
    facts = {item for item in classes(area, "events") if item.__name__ not in PARTS}
    assert facts <= set(events.NAMES)
    assert facts <= set(evolve.EVOLVERS)
    assert all(events.NAMES[item].startswith(f"{area}.") for item in facts)


@pytest.mark.parametrize("area", AREAS)
def test_every_command_is_decided_and_has_roles(area):
    asked = {item for item in classes(area, "commands") if item.__name__ != "HistoricalFact"}
    assert asked - JUDGED_AGAIN <= set(decide.DECIDERS)
    assert asked <= set(roles.ROLES)


def test_the_tables_hold_nothing_else():
    assert set(evolve.EVOLVERS) == set(events.EVENTS.values())
    assert set(decide.DECIDERS) | JUDGED_AGAIN == set(roles.ROLES) == set(COMMANDS.values())
    assert set(monitors.MONITORS) <= set(events.EVENTS.values())
    assert set(COMMANDS.values()) >= GATED | HISTORICAL | WITHOUT_PROTOCOL


def test_stored_names_are_area_fact_and_version():
    assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+/\d+", name) for name in events.EVENTS)
    assert len(events.NAMES) == len(events.EVENTS)


def test_facts_and_commands_are_frozen_and_slotted():
    for item in (*events.EVENTS.values(), *COMMANDS.values()):
        assert dataclasses.is_dataclass(item)
        assert item.__dataclass_params__.frozen
        assert hasattr(item, "__slots__")


def test_an_auditor_reads_and_changes_nothing_and_everybody_else_may_ask_for_something():
    assert set().union(*roles.ROLES.values()) == set(Role) - {Role.ADMINISTRATOR}, "who keeps accounts acts in no trial"
    asked = {kind.__name__ for kind, allowed in roles.ROLES.items() if Role.AUDITOR in allowed}
    assert asked == {"RecordCopy", "ReviewAuditTrail"}


def test_who_makes_does_not_release_and_who_releases_does_not_infuse():
    release = roles.ROLES[COMMANDS["ReleaseBatch"]]
    assert not release & roles.ROLES[COMMANDS["StartManufacture"]]
    assert not release & roles.ROLES[COMMANDS["RecordInfusion"]]


def test_every_code_has_texts_and_is_used():
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if path.name != "codes.py")
    unused = [code.name for code in Code if f"Code.{code.name}" not in text]
    assert not unused
    for code in Code:
        for language in locale.LANGUAGES:
            shown = locale.translate(code, language, about="ABOUT", needed="NEEDED", found="FOUND", detail="DETAIL")
            assert shown
            assert "{" not in item_value("trial.task_opened", "kind", code, language), "a record names its code alone"
    assert {key for key in locale.catalogue("conduct") if key.startswith("CND")} == {code.value for code in Code}


def test_a_dose_recommendation_reads_its_reason_in_words():
    for reason in Reason:
        for language in locale.LANGUAGES:
            shown = item_value("cohort.dose_recommended", "reason", reason.code, language)
            assert shown.partition("…")[0] == locale.template(reason.code, language).partition("{")[0]


def test_what_a_person_wrote_that_happens_to_be_a_key_stays_as_written():
    """Texts of every field of every fact: none but a task's kind and an engine's reason reads a key as a catalogue's text."""
    keys = ("ledger.audit.who", "design.reason.stay", Code.TASK_RECONSENT.value)
    translated = set()
    for name, fact in EVENTS.items():
        for field in describe_record(fact):
            for key in keys:
                for language in locale.LANGUAGES:
                    if field.kind is Kind.TEXT and item_value(name, field.name, key, language) == _template(
                        key, language
                    ):
                        translated.add((fact.__name__, field.name, key))
    assert translated == {
        ("TaskOpened", "kind", Code.TASK_RECONSENT.value),
        ("DoseRecommended", "reason", "design.reason.stay"),
    }


def _template(key, language):
    return re.sub(r"\{\w+\}", "…", locale.template(key, language))


@pytest.mark.parametrize("kind", STOPPING_RULES)
def test_every_stopping_rule_can_be_remembered_by_its_answer(kind):
    hash(build_stopping_rule(kind, STOPPING_RULES[kind].example))


def test_no_two_conditions_share_an_id():
    """An alias would pass unseen: a name given twice in `Code` stops the import, so each name is its own member."""
    names = Code.__members__
    assert len({member.value for member in names.values()}) == len(names) == len(list(Code))
    with pytest.raises(ValueError, match="duplicate values"):
        unique(StrEnum("Twice", {"ONE": Code.SUSPENDED.value, "OTHER": Code.SUSPENDED.value}))
