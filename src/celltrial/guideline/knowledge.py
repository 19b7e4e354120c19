"""What is known of product classes, with sources: vectors, published doses, intervals between subjects, risks.

The rows are in `knowledge.toml`; a row whose figures were not seen in their source says so (`checked` false), and
then it may only ask. A finding that leans on a row prints the row's class and its sources.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal

from celltrial.guideline.vocabulary import named_in
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.product import Product

#: Body weight and basis by which doses of another basis are compared: 70 kg.
ADULT_KG: Final = 70.0
#: More cells than one infusion of any published product holds, by a factor of three; a slip of unit.
MOST_CELLS: Final = 5e11
#: Fewer cells than any published dose, by a factor of ten; a slip of unit.
LEAST_CELLS: Final = {"per_kg": 1e3, "flat": 1e5}

Setting = Literal["haematological", "solid", "non_malignant"]


@dataclass(frozen=True, slots=True)
class Row:
    """What every row carries: the products it speaks of (empty: all), its sources, whether they were seen."""

    checked: bool
    sources: tuple[str, ...]
    product: tuple[str, ...] = ()
    setting: tuple[str, ...] = ()
    source: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    route: tuple[str, ...] = ()
    edited: bool | None = None

    @property
    def cited(self) -> str:
        """The sources in one line."""
        return "; ".join(_table()["source"][key] for key in self.sources)

    def speaks_of(self, protocol: Protocol) -> bool:
        """Tell whether the row is about the product of a protocol."""
        product = protocol.product
        asked: tuple[tuple[tuple[str, ...], set[str]], ...] = (
            (self.product, {product.type}),
            (self.setting, {setting_of(protocol)}),
            (self.source, {product.cell_source}),
            (self.route, {protocol.treatment.infusion.route}),
            (self.target, {name.lower().replace("-", "").replace(" ", "") for name in product.targets}),
        )
        met = all(not wanted or found & set(wanted) for wanted, found in asked)
        return met and (self.edited is None or self.edited is edited(product))


@dataclass(frozen=True, slots=True)
class VectorRow(Row):
    """One way of bringing a gene in; `credible`: declarations of integration that do not contradict it."""

    kind: str = ""
    integration: str = ""
    credible: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DoseRow(Row):
    """Published doses of a class, in cells of `basis` (`per_kg` or `flat`).

    ask_start: highest start that raises no question; strong_level: above every published dose; implausible: a slip of unit.
    """

    name: str = ""
    basis: str = ""
    ask_start: float = 0.0
    strong_level: float = 0.0
    implausible: float = 0.0
    published: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class StaggerRow(Row):
    """Days to wait after the first subject of a level: below `strong` or `ask`; `later`: between later subjects."""

    name: str = ""
    strong_days: float = 0.0
    ask_days: float = 0.0
    later_days: float = 0.0


@dataclass(frozen=True, slots=True)
class RiskRow(Row):
    """Risks a plan must hold: concepts of the vocabulary; `firm`: those whose absence is grave."""

    must: tuple[str, ...] = ()
    firm: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseRow(Row):
    """Response criteria by disease, all concepts of the vocabulary: fitting, of another disease, and out of date."""

    disease: str = ""
    fits: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScaleRow(Row):
    """Scales on which one reaction is graded, concepts of the vocabulary: in force, and replaced by those."""

    event: str = ""
    current: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EndpointRow(Row):
    """Kinds of endpoints that are benefit themselves, and those that stand in for it."""

    benefit: tuple[str, ...] = ()
    surrogate: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LimitRow(Row):
    """One number to hold a figure against."""

    name: str = ""
    value: float = 0.0


@cache
def _table() -> Mapping[str, Any]:
    text = resources.files(__package__ or "celltrial.guideline").joinpath("knowledge.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def _rows(kind: str) -> Iterator[dict[str, Any]]:
    renamed = {"vector": {"class": "integration"}}.get(kind, {"class": "name"})
    for row in _table()[kind]:
        yield {
            renamed.get(name, name): tuple(value) if isinstance(value, list) else value for name, value in row.items()
        }


@cache
def vector_rows() -> Mapping[str, VectorRow]:
    """Return the ways of bringing a gene in, by kind."""
    return MappingProxyType({row["kind"]: VectorRow(**row) for row in _rows("vector")})


@cache
def dose_rows() -> tuple[DoseRow, ...]:
    """Return the published doses by class and basis."""
    return tuple(DoseRow(**row) for row in _rows("dose"))


@cache
def _stagger_rows() -> tuple[StaggerRow, ...]:
    return tuple(StaggerRow(**row) for row in _rows("stagger"))


@cache
def _risk_rows() -> tuple[RiskRow, ...]:
    return tuple(RiskRow(**row) for row in _rows("risk"))


@cache
def response_rows() -> Mapping[str, ResponseRow]:
    """Return the response criteria by disease."""
    return MappingProxyType({row["disease"]: ResponseRow(**row) for row in _rows("response")})


@cache
def scale_rows() -> Mapping[str, ScaleRow]:
    """Return the scales in force, by reaction."""
    return MappingProxyType({row["event"]: ScaleRow(**row) for row in _rows("scale")})


@cache
def endpoint_row() -> EndpointRow:
    """Return what endpoints are worth by their kind."""
    return next(EndpointRow(**row) for row in _rows("endpoint"))


@cache
def known_limit(name: str) -> LimitRow:
    """Return a single limit with its sources, by name."""
    return {row["name"]: LimitRow(**row) for row in _rows("limit")}[name]


def setting_of(protocol: Protocol) -> Setting:
    """Return what kind of disease is treated; a malignancy not said to be of the blood counts as solid."""
    if not protocol.trial.malignancy:
        return "non_malignant"
    return "haematological" if protocol.trial.haematological else "solid"


def edited(product: Product) -> bool:
    """Tell whether genes of the cells were cut."""
    return bool(product.gene_knockout or product.knocked_out_genes)


def dose_row(protocol: Protocol) -> tuple[DoseRow, float] | None:
    """Return the row that a protocol's doses are held against and the factor into its basis; None without a class.

    A class known on the other basis only is compared at 70 kg.
    """
    basis = "per_kg" if protocol.dose.per_kg else "flat"
    rows = [row for row in dose_rows() if row.speaks_of(protocol)]
    for row in rows:
        if row.basis == basis:
            return row, 1.0
    return (rows[0], ADULT_KG if basis == "per_kg" else 1 / ADULT_KG) if rows else None


def stagger_row(protocol: Protocol) -> StaggerRow:
    """Return the first row of intervals that speaks of a product; the last one speaks of any other."""
    rows = _stagger_rows()
    return next((row for row in rows if row.speaks_of(protocol)), rows[-1])


def required_risks(protocol: Protocol) -> tuple[tuple[str, bool, RiskRow], ...]:
    """Return the risks that a plan must hold: the concept, whether its absence is grave, and the row that says so."""
    found: dict[str, tuple[str, bool, RiskRow]] = {}
    for row in _risk_rows():
        if row.speaks_of(protocol):
            for concept in row.must:
                known = found.get(concept)
                if known is None or (concept in row.firm and not known[1]):
                    found[concept] = (concept, concept in row.firm, row)
    return tuple(found.values())


def absent_risks(protocol: Protocol, *, firm: bool = False) -> tuple[str, ...]:
    """Return the risks that the product brings and the risk plan does not name; with `firm` only the grave ones."""
    plan = protocol.risk_plan
    planned = named_in((risk.term for risk in plan.risks), "adverse_event") if plan is not None else frozenset()
    return tuple(
        concept for concept, grave, _ in required_risks(protocol) if concept not in planned and (grave or not firm)
    )
