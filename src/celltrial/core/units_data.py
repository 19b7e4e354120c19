"""The units that laboratories and charts write: what each is worth, and every spelling of it.

Codes are those of UCUM 2.1 (ucum.org), dimensions those of the SI with the arbitrary units of medicine kept apart: an
international unit of one substance is nothing of another, an enzyme unit U is 1 umol/min (so 1 kat = 6e7 U), a gene copy is
no cell. A mean Julian year has 365.25 days and twelve months (UCUM a_j, mo_j): for comparing lengths of time, never for dates.
1 mm[Hg] = 133.322 Pa, 1 cm[H2O] = 98.0665 Pa (UCUM). Spellings are those printed by laboratories in China, Europe and the
United States. What a spelling leaves open is not here: MG/DL (mega or milli), ML, 109/L without its raised nine.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Final

#: Base dimension -> power.
Dimension = tuple[tuple[str, int], ...]

#: UCUM code of an atom: (dimension, worth in base units, spellings divided by blanks).
_ATOMS: Final[tuple[tuple[str, str, int, str, str], ...]] = (
    # code, base dimension, its power, worth, spellings
    ("L", "length", 3, "1/1000", "L l liter litre liters litres 升"),
    ("dL", "length", 3, "1/10000", "dL dl deciliter decilitre 分升"),
    ("mL", "length", 3, "1/1000000", "mL ml cc milliliter millilitre 毫升"),
    ("uL", "length", 3, "1/1000000000", "uL ul mcL mcl cmm cumm CMM CUMM microliter microlitre 微升 立方毫米"),
    ("nL", "length", 3, "1/1000000000000", "nL nl 纳升"),
    ("fL", "length", 3, "1/1000000000000000000", "fL fl 飞升"),
    ("m", "length", 1, "1", "m 米"),
    ("cm", "length", 1, "1/100", "cm 厘米"),
    ("mm", "length", 1, "1/1000", "mm 毫米"),
    ("um", "length", 1, "1/1000000", "um 微米"),
    ("kg", "mass", 1, "1000", "kg Kg KG 千克 公斤"),
    ("g", "mass", 1, "1", "g gm 克"),
    ("mg", "mass", 1, "1/1000", "mg 毫克"),
    ("ug", "mass", 1, "1/1000000", "ug mcg 微克"),
    ("ng", "mass", 1, "1/1000000000", "ng 纳克"),
    ("pg", "mass", 1, "1/1000000000000", "pg 皮克"),
    ("fg", "mass", 1, "1/1000000000000000", "fg 飞克"),
    ("mol", "substance", 1, "1", "mol 摩尔"),
    ("mmol", "substance", 1, "1/1000", "mmol 毫摩尔"),
    ("umol", "substance", 1, "1/1000000", "umol mcmol micromol 微摩尔"),
    ("nmol", "substance", 1, "1/1000000000", "nmol 纳摩尔"),
    ("pmol", "substance", 1, "1/1000000000000", "pmol 皮摩尔"),
    ("eq", "charge", 1, "1", "eq Eq"),
    ("meq", "charge", 1, "1/1000", "meq mEq"),
    ("U", "activity", 1, "1", "U u 单位"),
    ("mU", "activity", 1, "1/1000", "mU"),
    ("kU", "activity", 1, "1000", "kU KU"),
    ("kat", "activity", 1, "60000000", "kat"),
    ("ukat", "activity", 1, "60", "ukat"),
    ("nkat", "activity", 1, "3/50", "nkat"),
    ("[iU]", "international", 1, "1", "IU iu [iU] [IU] 国际单位"),
    ("m[iU]", "international", 1, "1/1000", "mIU m[iU]"),
    ("u[iU]", "international", 1, "1/1000000", "uIU u[iU]"),
    ("k[iU]", "international", 1, "1000", "kIU k[iU]"),
    ("[EU]", "endotoxin", 1, "1", "EU [EU]"),
    ("{copies}", "copies", 1, "1", "copies copy cp cps {copies} {copy} 拷贝"),
    ("{cells}", "count", 1, "1", "cells cell Cells Cell {cells} {cell} 个 个细胞 细胞"),
    ("{beads}", "beads", 1, "1", "beads {beads}"),
    ("{CFU}", "colonies", 1, "1", "CFU cfu {CFU} 菌落形成单位"),
    ("{spots}", "spots", 1, "1", "spots SFC SFU SFCs {spots} 斑点"),
    ("{TU}", "transduction", 1, "1", "TU {TU}"),
    ("osm", "osmoles", 1, "1", "Osm osm"),
    ("mosm", "osmoles", 1, "1/1000", "mOsm mosm"),
    ("s", "time", 1, "1", "s sec second seconds 秒"),
    ("min", "time", 1, "60", "min minute minutes mins 分钟"),
    ("h", "time", 1, "3600", "h hr hrs hour hours 小时"),
    ("d", "time", 1, "86400", "d day days 天 日"),
    ("wk", "time", 1, "604800", "wk week weeks 周"),
    ("mo", "time", 1, "2629800", "mo month months 月 个月"),
    ("a", "time", 1, "31557600", "a y yr yrs year years 年 岁 周岁"),
    ("Pa", "pressure", 1, "1", "Pa"),
    ("kPa", "pressure", 1, "1000", "kPa KPa 千帕"),
    ("mm[Hg]", "pressure", 1, "66661/500", "mmHg mm[Hg] 毫米汞柱"),
    ("cm[H2O]", "pressure", 1, "196133/2000", "cmH2O cm[H2O] 厘米水柱"),
    ("{1.73_m2}", "body_surface", 1, "1", "{1.73_m2}"),
    ("%", "", 0, "1/100", "% percent"),
)

#: spelling -> UCUM code, base dimension, power, worth.
ATOMS: Final[Mapping[str, tuple[str, str, int, Fraction]]] = {
    spelling: (code, base, power, Fraction(worth))
    for code, base, power, worth, spellings in _ATOMS
    for spelling in spellings.split()
}

#: Whole units that are not put together from atoms: spelling -> UCUM text.
WHOLE: Final[Mapping[str, str]] = {
    spelling: code
    for code, spellings in {
        "1": "1 ratio score points point 分 比值 {score} {ratio} S/CO COI",
        "[pH]": "pH [pH]",
        "Cel": "Cel degC °C C 摄氏度 度",
        "[degF]": "[degF] degF °F F 华氏度",
        "{xULN}": "{xULN} xULN XULN *ULN ULN timesULN 倍ULN ULN倍 倍正常值上限 倍正常上限 正常值上限倍 倍上限",
        "{xLLN}": "{xLLN} xLLN XLLN *LLN LLN timesLLN 倍LLN LLN倍 倍正常值下限 倍正常下限",
        "mmol/L": "mM",
        "umol/L": "uM",
        "nmol/L": "nM",
        "g/dL": "g% gm%",
        "mg/dL": "mg%",
        "mm/h": "mm/1h mm/1hr mm/hr",
        "/min": "bpm beats/min breaths/min 次/分 次/分钟",
        "mosm/kg": "mOsm/kgH2O mosm/kgH2O",
        "{cells}": "cells cell 个 个细胞 细胞",
        "mL/min/{1.73_m2}": "mL/min/1.73 毫升/分/{1.73_m2} 毫升/分钟/{1.73_m2} ml/分/{1.73_m2} ml/分钟/{1.73_m2}",
    }.items()
    for spelling in spellings.split()
}

#: How a printed multiplier is before what is counted: thousand, million and so on.
MULTIPLIERS: Final[Mapping[str, int]] = {
    "十亿": 9, "千万": 7, "百万": 6, "十万": 5, "亿": 8, "万": 4, "千": 3,
    "thousand": 3, "Thousand": 3, "thou": 3, "Thou": 3, "THOU": 3, "million": 6, "Million": 6, "billion": 9, "Billion": 9,
    "thous": 3, "Thous": 3, "tsd": 3, "Tsd": 3, "mil": 6, "Mil": 6, "mill": 6, "Mill": 6, "mio": 6, "Mio": 6, "bil": 9, "Bil": 9,
    "millions": 6, "Millions": 6, "giga": 9, "Giga": 9, "tera": 12, "Tera": 12, "lakh": 5, "Lakh": 5, "lakhs": 5, "Lakhs": 5,
    "lac": 5, "Lac": 5, "lacs": 5, "Lacs": 5, "crore": 7, "Crore": 7, "crores": 7, "Crores": 7,
    "GI": 9, "TI": 12, "Gi": 9, "Ti": 12, "Gpt": 9, "Tpt": 12, "K": 3, "k": 3, "G": 9, "T": 12, "M": 6,
}  # fmt: skip
