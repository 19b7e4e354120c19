"""Every experiment by its name, one visible table, and how a protocol goes through them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from celltrial.core.errors import UserError
from celltrial.guideline.experiments import entering, following, harming, making, pausing, staffing
from celltrial.guideline.experiments.outcome import Answer, NotTriedError, Outcome
from celltrial.guideline.experiments.trying import FIRST, Trying
from celltrial.protocol import Protocol


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment and the clauses that it can say something of."""

    clauses: tuple[str, ...]
    carry_out: Callable[[Trying], Iterator[Answer]]


#: Name to experiment, in the order of a subject's way through a trial; `try.title.<name>` says what it does.
EXPERIMENTS: Final[Mapping[str, Experiment]] = MappingProxyType(
    {
        "pregnant": Experiment(("2.1.1.4-c", "2.1.2.1-b", "2.1.3-b"), entering.pregnant),
        "child": Experiment(("2.1.1.3-a", "2.1.2.1-b"), entering.child),
        "without-diagnosis": Experiment(("2.1.1.1-a",), entering.without_diagnosis),
        "malignant-cells": Experiment(("2.1.1.4-e",), entering.malignant_cells),
        "active-infection": Experiment(("2.1.2.1-b", "2.1.2.2-b", "2.1.3-b", "2.1.3-d"), entering.active_infection),
        "no-follow-up-consent": Experiment(("3.1-k",), entering.no_follow_up_consent),
        "bare-site": Experiment(("2.1.2.3-a",), staffing.bare_site),
        "untrained-operator": Experiment(("2.1.2.3-b",), staffing.untrained_operator),
        "failed-batch": Experiment(("2.1.3-f", "2.1.3-g"), making.failed_batch),
        "second-failure": Experiment(("2.1.3-h",), making.second_failure),
        "batch-expires": Experiment(("2.1.3-g",), making.batch_expires),
        "wrong-bag": Experiment(("2.1.3-a",), making.wrong_bag),
        "product-fault": Experiment(("2.1.3-m", "2.1.3-n"), making.product_fault),
        "second-subject": Experiment(("2.2.1.1-d", "2.2.4-a"), pausing.second_subject),
        "second-dose": Experiment(("2.2.2.3-f",), following.second_dose),
        "harm-to-all": Experiment(("2.1.2.4-a",), harming.harm_to_all),
        "harm-to-twice-the-limit": Experiment(("2.1.2.4-a", "2.1.2.4-b"), harming.harm_to_twice_the_limit),
        "in-flight": Experiment(("2.1.2.4-c",), pausing.in_flight),
        "resume": Experiment(("2.1.2.4-e", "2.1.2.4-f"), pausing.resume),
        "follow-up-visits": Experiment(("3.1-a",), following.follow_up_visits),
    }
)


def run(name: str, trial: Trying | NotTriedError) -> Outcome:
    """Carry out one experiment in a fork of an opened trial."""
    if isinstance(trial, NotTriedError):
        return Outcome(name, (), (), trial)
    own = trial.fork()
    answers: list[Answer] = []
    try:
        answers.extend(EXPERIMENTS[name].carry_out(own))
    except NotTriedError as error:
        return Outcome(name, tuple(own.steps), tuple(answers), error)
    except UserError as error:
        return Outcome(name, tuple(own.steps), tuple(answers), NotTriedError("fault", fault=error.faults[0]))
    return Outcome(name, tuple(own.steps), tuple(answers))


def opened(protocol: Protocol) -> Trying | NotTriedError:
    """Return the opened trial of a protocol, into which a subject who fits every criterion is let; else why there is none."""
    try:
        trial = Trying.of(protocol)
        trial.fork().admit(FIRST)
    except NotTriedError as error:
        return error
    except UserError as error:
        return NotTriedError("fault", fault=error.faults[0])
    return trial


def answers_of(protocol: Protocol, applying: Collection[str]) -> Mapping[str, tuple[tuple[str, Answer], ...]]:
    """Return what all experiments say of the clauses that apply: clause id to name of the experiment and its answer.

    Each question is answered under the first of its clauses that applies; under none of them, nowhere.
    """
    trial = opened(protocol)
    found: dict[str, list[tuple[str, Answer]]] = {}
    for name, experiment in EXPERIMENTS.items():
        if not any(clause in applying for clause in experiment.clauses):
            continue
        for answer in run(name, trial).answers:
            clause = next((one for one in answer.clauses if one in applying), None)
            if clause is not None:
                found.setdefault(clause, []).append((name, answer))
    return MappingProxyType({clause: tuple(said) for clause, said in found.items()})
