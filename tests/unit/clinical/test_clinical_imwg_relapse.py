"""Clinical relapse of myeloma: every sign on both sides of its limit, other causes, what is not known."""

from __future__ import annotations

import pytest

from celltrial.clinical.derivation import Attribution
from celltrial.clinical.imwg_relapse import RelapseSigns, derive_clinical_relapse
from celltrial.core.errors import UserError

QUIET = {
    "new_lesion": False, "lesion_growth": False, "calcium_mmol_l": "2.3", "haemoglobin_g_l": 110,
    "haemoglobin_baseline_g_l": 115, "creatinine_umol_l": 90, "creatinine_baseline_umol_l": 80, "hyperviscosity": False,
}  # fmt: skip


def relapse(**changes):
    return derive_clinical_relapse(RelapseSigns(**QUIET | changes))


@pytest.mark.parametrize(
    ("changes", "category", "by"),
    [
        ({"calcium_mmol_l": "2.75"}, "NONE", None),
        ({"calcium_mmol_l": "2.76"}, "RELAPSE", "calcium"),
        ({"haemoglobin_g_l": "95.1"}, "NONE", None),
        ({"haemoglobin_g_l": 95}, "RELAPSE", "haemoglobin"),
        ({"creatinine_umol_l": 256}, "NONE", None),
        ({"creatinine_umol_l": 257}, "RELAPSE", "creatinine"),
        ({"new_lesion": True}, "RELAPSE", "new_lesion"),
        ({"lesion_growth": True}, "RELAPSE", "lesion_growth"),
        ({"hyperviscosity": True}, "RELAPSE", "hyperviscosity"),
        ({"hyperviscosity": None}, "NE", "hyperviscosity"),
        ({"haemoglobin_baseline_g_l": None}, "NE", "haemoglobin"),
        ({"calcium_mmol_l": None, "new_lesion": True}, "RELAPSE", "new_lesion"),
    ],
)
def test_signs(changes, category, by):
    found = relapse(**changes)
    assert (found.category, found.incomplete) == (category, category == "NE")
    assert by is None or found.deciding == (by,)


def test_a_sign_with_another_cause_does_not_count_and_is_kept():
    bleeding = Attribution("haemoglobin", "bleeding", "gastric ulcer", "pi-01")
    found = relapse(haemoglobin_g_l=70, attributions=(bleeding,))
    assert (found.category, found.excluded) == ("NONE", (bleeding,))


def test_a_value_that_cannot_be_meant_is_refused():
    with pytest.raises(UserError) as caught:
        relapse(calcium_mmol_l=-1)
    assert caught.value.faults[0].id == "CLN-002"
