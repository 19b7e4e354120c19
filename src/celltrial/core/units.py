"""Units: every spelling that is in use, read to one UCUM code with its dimension and its exact worth.

A text is taken apart (power of ten, atoms, exponents, what is below the stroke) and put together again, so that
`10^9/L`, `x10⁹/L`, `10E9/L`, `G/L`, `10^3/µL` and `K/mm3` come to the same worth; atoms and their spellings are in
`units_data`. What can be read in two ways is refused, not guessed: `MG/DL`, `M/L`, `109/L`.

Checked against published factors (tests/unit/core/test_core_quantities.py) and a second, slow reading
(tests/generative/test_units_slow_judge.py).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from typing import Final

from celltrial.core.errors import UserError, fault
from celltrial.core.units_data import ATOMS, MULTIPLIERS, WHOLE, Dimension

_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_SUPERSCRIPT: Final = re.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+")
_POWER: Final = re.compile(
    r"[xX*]?\s*(?:10\s*(?:\^|\*{1,2}|[eExX]|(?=\())\s*\(?\+?(\d{1,2})\)?|1?[eE]\+?(\d{1,2})(?=\s*(?:$|/|[xX*]))|1[eE]\+?(\d{1,2})"
    r"|1(0{2,9}))(?![\d.])\s*[xX*]?\s*"
)
_CUBIC: Final = re.compile(r"\bcu\.?\s*(?=mm\b)")
_RAISED_IN_WORDS: Final = re.compile(r"10\s*的\s*(\d{1,2})\s*次方")
_FACTOR: Final = re.compile(r"(?P<atom>[^\d^\-]+?|\{[^}]*\}|cmH2O|cm\[H2O\])\^?(?P<power>-?\d)?$")
_DNA: Final = re.compile(r"\s*\b(?:g?DNA|genomic\s*DNA)\s*$")
_DIMER: Final = re.compile(r"\s*[({]?(FEU|DDU)[)}]?\s*$")
_SURFACE: Final = re.compile(r"1\.73\s*(?:\{?m\^?2\}?|平方米)")
_DAY: Final = re.compile(r"24\s*(?:hrs?|hours?|h|小时)\b")
#: Large multipliers as one letter are read as such only before a count in so small a volume.
_SMALL: Final = frozenset({"uL"})
_DIGITS: Final = 34


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit is worth.

    code:      in UCUM, as put together from what was written.
    dimension: base dimensions with their powers, sorted.
    worth:     base units in one of it, exactly.
    zero:      where its zero lies, in base units; only temperatures have one.
    """

    code: str
    dimension: Dimension
    worth: Fraction
    zero: Fraction = Fraction(0)

    def same(self, other: Unit) -> bool:
        """Tell whether two units are worth the same, whatever their codes: 10*9/L and 10*3/uL."""
        return (self.dimension, self.worth, self.zero) == (other.dimension, other.worth, other.zero)

    @property
    def symbol(self) -> str:
        """The unit as it is printed: 10^9/L, umol/L, degC, IU/mL, copies/ug, xULN; "" where there is none."""
        return symbol(self.code)


def symbol(code: str) -> str:
    """Return a UCUM code as laboratories and CDISC print it.

    >>> symbol("10*9/L"), symbol("{copies}/ug"), symbol("Cel"), symbol("[iU]/mL"), symbol("a"), symbol("1")
    ('10^9/L', 'copies/ug', 'degC', 'IU/mL', 'y', '')
    """
    named = {"1": "", "Cel": "degC", "[degF]": "degF", "a": "y", "[pH]": "pH", "mL/min/{1.73_m2}": "mL/min/1.73m2"}
    if code in named:
        return named[code]
    spaced = re.sub(r"(?<=[\dL])\{(?=cells|copies|FEU|DDU)", " {", code)
    return re.sub(r"[\[\]{}]", "", spaced.replace("10*", "10^").replace("[iU]", "IU").replace("meq", "mEq"))


def read_unit(text: str, where: str = "") -> Unit:
    """Return the unit of any spelling; "" is the pure number.

    Raises COR-030 where the text is no unit, COR-031 where it can be read as two.

    >>> [read_unit(text).code for text in ("x10^9/L", "×10⁹/L", "μmol/L", "µmol/L", "万/μL", "mg/dl", "ｇ／Ｌ")]
    ['10*9/L', '10*9/L', 'umol/L', 'umol/L', '10*4/uL', 'mg/dL', 'g/L']
    >>> read_unit("K/µL").same(read_unit("G/L"))
    True
    """
    found = _read(text)
    if isinstance(found, Unit):
        return found
    raise UserError(fault(found, where=where, expected="10^9/L | mg/dL | umol/L | U/L", found=text or "-"))


def is_unit(text: str) -> bool:
    """Tell whether a text is a unit."""
    return isinstance(_read(text), Unit)


def as_decimal(value: Fraction) -> Decimal:
    """Return an exact number as a decimal: exactly where it ends, else to 34 digits.

    >>> as_decimal(Fraction(9, 20)), as_decimal(Fraction(1, 3))
    (Decimal('0.45'), Decimal('0.3333333333333333333333333333333333'))
    """
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    with localcontext() as context:
        context.prec = 400 if rest == 1 else _DIGITS
        return Decimal(value.numerator) / Decimal(value.denominator)


def half_width(text: str) -> str:
    """Return a text in half-width letters (NFKC), with a caret before raised digits, which NFKC would let down.

    >>> half_width("１０⁹／Ｌ")
    '10^9/L'
    """
    raised = _SUPERSCRIPT.sub(lambda found: f"^{found.group().translate(_RAISED)}", text)
    return unicodedata.normalize("NFKC", raised)


def _plain(text: str) -> str:
    """Return the text with raised digits after a caret, one kind of micro sign, half-width letters, one stroke."""
    known = half_width(text)
    for old, new in (("μ", "u"), ("×", "*"), ("⋅", "*"), ("·", "*"), ("•", "*"), ("∕", "/"), ("⁄", "/"), ("−", "-")):
        known = known.replace(old, new)
    known = re.sub(r"(?:^|\s+)per\s+|\s*每\s*", "/", known.strip())
    known = _CUBIC.sub("cu", _RAISED_IN_WORDS.sub(r"10^\1", _SURFACE.sub("{1.73_m2}", known)))
    return _DAY.sub("d", re.sub(r"\bmm\s+Hg\b", "mmHg", re.sub(r"\bcm\s+H2O\b", "cmH2O", known)))


@lru_cache(maxsize=4096)
def _read(text: str) -> Unit | str:
    """Return the unit, or the id of the fault."""
    if "μ" in unicodedata.normalize("NFKC", text) and re.search(
        r"μ(?![A-Za-z\[])", unicodedata.normalize("NFKC", text)
    ):
        return "COR-030"
    known = _plain(text)
    if not known:
        return Unit("1", (), Fraction(1))
    whole = WHOLE.get(re.sub(r"\s+", "", known))
    if whole is not None:
        return _special(whole) or _read(whole)
    dimer = _DIMER.search(known)
    known = _DNA.sub("", known[: dimer.start()] if dimer else known)
    above, *below = known.split("/")
    parts = [_part(above.strip()), *(_part(item.strip()) for item in below)]
    if any(part is None for part in parts) or (len(parts) > 1 and not all(item.strip() for item in below)):
        return "COR-031" if _is_open(known) else "COR-030"
    return _put_together([part for part in parts if part is not None], dimer.group(1) if dimer else "")


def _special(code: str) -> Unit | None:
    """Return a unit that is not put together from atoms; None for one that is."""
    if code == "1":
        return Unit(code, (), Fraction(1))
    if code == "Cel":
        return Unit(code, (("temperature", 1),), Fraction(1), Fraction("273.15"))
    if code == "[degF]":
        return Unit(code, (("temperature", 1),), Fraction(5, 9), Fraction("459.67") * 5 / 9)
    bases = {"[pH]": "acidity", "{xULN}": "upper_limit", "{xLLN}": "lower_limit"}
    return Unit(code, ((bases[code], 1),), Fraction(1)) if code in bases else None


@dataclass(frozen=True, slots=True)
class _Part:
    """What is above or below one stroke: power of ten, its letter if it was one, and factors with their exponents."""

    power: int
    letter: str
    factors: tuple[tuple[str, int], ...]


def _part(text: str) -> _Part | None:
    found = _POWER.match(text)
    power, letter = 0, ""
    if found is not None:
        power = int(found.group(1) or found.group(2) or found.group(3) or len(found.group(4)))
        text = text[found.end() :]
    for name, exponent in MULTIPLIERS.items():
        rest = text.removeprefix(name)
        if rest != text and (not rest.strip() or rest.strip() in {"cells", "cell", "个", "个细胞", "细胞", "{cells}"}):
            power, letter, text = power + exponent, name, rest
            break
    factors = []
    for item in re.split(r"[*.\s]+(?![^{]*\})", text.strip()) if text.strip() else ():
        written = _FACTOR.match(item)
        if written is None or written.group("atom") not in ATOMS:
            return None
        factors.append((written.group("atom"), int(written.group("power") or 1)))
    return _Part(power, letter, tuple(factors))


def _put_together(parts: list[_Part], annotation: str) -> Unit | str:
    powers: dict[str, int] = {}
    worth = Fraction(1)
    above: list[str] = []
    below: list[str] = []
    if annotation:
        powers[annotation.lower()] = 1
    for index, part in enumerate(parts):
        sign = -1 if index else 1
        worth *= Fraction(10) ** (sign * part.power)
        written = [f"10*{part.power}"] if part.power else []
        for atom, exponent in part.factors:
            code, base, power, value = ATOMS[atom]
            if base:
                powers[base] = powers.get(base, 0) + sign * power * exponent
            worth *= value ** (sign * exponent)
            (written if exponent > 0 else below).append(code if abs(exponent) == 1 else f"{code}{abs(exponent)}")
        (below if index else above).extend(written if not index else [".".join(written)] if written else [])
    first = parts[0]
    if first.letter in {"M", "K", "k", "G", "T"} and not below:
        return "COR-031"
    if first.letter == "M" and not any(ATOMS[atom][0] in _SMALL for part in parts[1:] for atom, _ in part.factors):
        return "COR-031" if "mm3" not in "".join(below) else _counted(above, below, powers, worth, annotation)
    return _counted(above, below, powers, worth, annotation)


def _counted(above: list[str], below: list[str], powers: dict[str, int], worth: Fraction, annotation: str) -> Unit:
    """Return the unit; a bare number over something counts cells, or events."""
    if below and all(item.startswith("10*") for item in above):
        powers["count"] = powers.get("count", 0) + 1
    dimension = tuple(sorted((base, power) for base, power in powers.items() if power))
    if not dimension and "mass" in powers:
        dimension = (("mass_share", 1),)
    code = ".".join(above) + "".join(f"/{item}" for item in below)
    code = code.replace(".{cells}", "{cells}").replace(".{copies}", "{copies}")
    return Unit(code + (f"{{{annotation}}}" if annotation else ""), dimension, worth)


def _is_open(text: str) -> bool:
    """Tell whether a text would be a unit in another case, or with a raised exponent: it can be read in two ways."""
    above, *below = re.sub(r"\s", "", text).casefold().split("/")
    folded = {spelling.casefold() for spelling in ATOMS}
    return re.sub(r"^[x*]?10\d{1,2}$", "", above) in {*folded, ""} and all(part in folded for part in below)
