"""Courses as USDM: an administration for each level and each planned one, drugs beside the cells, and the way back."""

from __future__ import annotations

from pathlib import Path

import pytest

from celltrial.exchange.usdm import format_usdm, read_usdm, write_usdm
from celltrial.protocol import canonical_json, read_protocol

REGIMENS = sorted((Path(__file__).resolve().parents[3] / "examples" / "regimens").glob("*.yaml"))


def protocol_of(path):
    return read_protocol(path.read_text(encoding="utf-8"), path.name)


def named(name):
    return next(path for path in REGIMENS if path.stem == name)


def test_each_fraction_of_each_level_is_an_administration_with_its_cells():
    version = write_usdm(protocol_of(named("split-over-three-days"))).study.versions[0]
    cells = next(one for one in version.study_interventions if one.role.decode == "Experimental Intervention")
    assert [(one.name, one.dose.value) for one in cells.administrations] == [
        ("DL1 C1 F1", 1e7), ("DL1 C1 F2", 3e7), ("DL1 C1 F3", 6e7), ("DL2 C1 F1", 5e7), ("DL2 C1 F2", 1.5e8), ("DL2 C1 F3", 3e8),
    ]  # fmt: skip


def test_a_range_has_no_dose_but_its_text_and_drugs_beside_the_cells_stand_with_their_unit():
    version = write_usdm(protocol_of(named("til-with-interleukin-2"))).study.versions[0]
    cells = next(one for one in version.study_interventions if one.role.decode == "Experimental Intervention")
    assert cells.administrations[0].dose is None
    assert "5e+09 to 2e+11 {cells}" in cells.administrations[0].description
    il2 = next(one for one in version.study_interventions if one.name == "aldesleukin")
    assert (il2.administrations[0].dose.value, il2.administrations[0].dose.unit.standard_code.code) == (
        600000,
        "[IU]/kg",
    )
    assert "then every 8 h, at most 15" in il2.administrations[0].duration.text
    assert [one.name for one in version.study_interventions if one.role.decode == "Active Comparator"] == ["Ipilimumab"]


@pytest.mark.parametrize("path", REGIMENS, ids=lambda path: path.stem)
def test_a_regimen_goes_out_and_comes_back_the_same(path):
    protocol = protocol_of(path)
    back = read_usdm(format_usdm(protocol), "study.json")
    assert canonical_json(back.protocol) == canonical_json(protocol)
