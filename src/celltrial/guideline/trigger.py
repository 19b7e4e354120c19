"""When a clause applies: trigger expressions over a fixed vocabulary of facts, in three-valued logic.

A trigger is a boolean expression in Python's own notation, read with `ast` and
never executed: names of the vocabulary, text constants and lists of them,
`and`, `or`, `not`, `==`, `!=`, `in`, `not in`. A fact that is not known makes
what depends on it unknown, and a clause of unknown trigger applies, flagged.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from celltrial.core.errors import UserError, fault
from celltrial.core.truth import Truth, all_of, any_of, negate
from celltrial.core.values import message

FactValue = bool | str | None
ALWAYS: Final = "always"

#: Facts a trigger may name: of the product, of the trial, and of a subject or an event.
VOCABULARY: Final = frozenset(
    (
        "product_type",
        "gene_modified",
        "exogenous_gene",
        "vector_integration",
        "gene_knockout",
        "secretes_factor",
        "multi_target",
        "alters_survival_or_differentiation",
        "made_per_subject",
        "mixed_composition",
        "active_subset_known",
        "shared_marker_with_malignancy",
        "high_risk_product",
        "phase",
        "fih",
        "seamless",
        "design",
        "blinding",
        "malignancy",
        "paediatric",
        "adult_data",
        "multicentre",
        "lymphodepletion",
        "complex_delivery",
        "interrupts_therapy",
        "endpoint_validated",
        "mtd_determined",
        "major_cmc_change",
        "ltfu_protocol",
        "approved",
        "treated",
        "not_treated",
        "childbearing_potential",
        "manufacturing_failed",
        "stopping_rule_met",
        "release_or_transport_ae",
    )
)
_LONGEST: Final = 500


@dataclass(frozen=True, slots=True)
class Applicability:
    """Whether a clause applies, and what decided it.

    truth:   TRUE, FALSE, or UNKNOWN (then it applies, flagged).
    because: the facts that decided, name to value; empty for `always`.
    unknown: the facts that are not known and matter.
    """

    truth: Truth
    because: Mapping[str, FactValue]
    unknown: tuple[str, ...] = ()

    @property
    def applies(self) -> bool:
        """Whether the clause is to be held against the protocol: unknown applies."""
        return self.truth is not Truth.FALSE


def applicability(trigger: str, facts: Mapping[str, FactValue]) -> Applicability:
    """Return whether a trigger holds under facts; a fact that is missing or None is unknown.

    Raises GDL-004 for an expression outside the small language.

    >>> found = applicability("exogenous_gene and vector_integration in ['none', 'low']", {"exogenous_gene": True})
    >>> found.truth.value, found.applies, found.unknown
    ('unknown', True, ('vector_integration',))
    """
    truth, leaves = _evaluate(_parse(trigger), facts)
    known = {name: facts.get(name) for name in leaves if facts.get(name) is not None}
    unknown = tuple(name for name in leaves if facts.get(name) is None)
    return Applicability(truth, known, unknown if truth is Truth.UNKNOWN else ())


def names_of(trigger: str) -> tuple[str, ...]:
    """Return the facts a trigger names, in order of appearance.

    >>> names_of("paediatric and not adult_data")
    ('paediatric', 'adult_data')
    """
    found = [node for node in ast.walk(_parse(trigger)) if isinstance(node, ast.Name) and node.id != ALWAYS]
    found.sort(key=lambda node: (node.lineno, node.col_offset))
    return tuple(dict.fromkeys(node.id for node in found))


def check_trigger(trigger: str, *, where: str = "") -> None:
    """Refuse a trigger outside the small language (GDL-004)."""
    try:
        _parse(trigger)
    except UserError as error:
        raise UserError(*(fault(f.id, where=where or f.where, **f.params) for f in error.faults)) from None


@lru_cache(maxsize=1024)
def _parse(trigger: str) -> ast.expr:
    if len(trigger) > _LONGEST:
        raise _refusal(f"{len(trigger)} characters")
    try:
        tree = ast.parse(trigger.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise _refusal(trigger) from None
    _require_language(tree, trigger)
    return tree


def _refusal(found: str) -> UserError:
    return UserError(
        fault(
            "GDL-004",
            "trigger",
            expected=message("facts_joined"),
            found=found,
        )
    )


def _require_language(node: ast.expr, trigger: str) -> None:
    match node:
        case ast.BoolOp(values=values):
            for value in values:
                _require_language(value, trigger)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            _require_language(operand, trigger)
        case ast.Name(id=name) if name in VOCABULARY or name == ALWAYS:
            return
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq() | ast.NotEq()], comparators=[ast.Constant(value=str())]):
            if name not in VOCABULARY:
                raise _refusal(name)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.In() | ast.NotIn()], comparators=[ast.List(elts=elements)]):
            texts = all(isinstance(item, ast.Constant) and isinstance(item.value, str) for item in elements)
            if name not in VOCABULARY or not texts:
                raise _refusal(trigger)
        case _:
            raise _refusal(trigger)


_Judged = tuple[Truth, tuple[str, ...]]


def _evaluate(node: ast.expr, facts: Mapping[str, FactValue]) -> _Judged:
    """Return the truth and the facts that decided it."""
    match node:
        case ast.Name(id=name):
            return (Truth.TRUE, ()) if name == ALWAYS else (_as_truth(facts.get(name)), (name,))
        case ast.UnaryOp(operand=operand):
            truth, leaves = _evaluate(operand, facts)
            return negate(truth), leaves
        case ast.Compare(left=ast.Name(id=name), ops=[operator], comparators=[right]):
            return _compare(facts.get(name), operator, right), (name,)
        case ast.BoolOp(op=operator, values=values):
            judged = [_evaluate(value, facts) for value in values]
            truths = [truth for truth, _ in judged]
            truth = all_of(truths) if isinstance(operator, ast.And) else any_of(truths)
            deciding = [leaves for each, leaves in judged if each is truth]
            return truth, tuple(dict.fromkeys(name for leaves in deciding for name in leaves))
        case _:  # pragma: no cover - _require_language let nothing else pass
            raise AssertionError(ast.dump(node))


def _as_truth(value: FactValue) -> Truth:
    return Truth.of(None if value is None else bool(value))


def _compare(value: FactValue, operator: ast.cmpop, right: ast.expr) -> Truth:
    if value is None:
        return Truth.UNKNOWN
    options = right.elts if isinstance(right, ast.List) else [right]
    inside = any(isinstance(option, ast.Constant) and option.value == value for option in options)
    return Truth.of(inside is isinstance(operator, ast.Eq | ast.In))
