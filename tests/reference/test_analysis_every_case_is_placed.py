"""Every group of numbers of ../shared/reference/analysis_reference.json is compared by a test, or it is said why not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
#: Group -> the test file that compares it.
COMPARED = {
    "nca/theoph": "test_analysis_nca_pknca.py",
    "nca/indometh": "test_analysis_nca_pknca.py",
    "survival/lung/km_by_sex": "test_analysis_survival_r.py",
    "survival/lung/rmst_365": "test_analysis_survival_r.py",
    "survival/lung/cox_efron": "test_analysis_models_r.py",
    "survival/lung/cox_breslow": "test_analysis_models_r.py",
    "survival/lung/cox_strata": "test_analysis_models_r.py",
    "survival/mgus2/finegray_pcm": "test_analysis_models_r.py",
    "survival/mgus2/finegray_death": "test_analysis_models_r.py",
    "survival/mgus2/aalen_johansen": "test_analysis_survival_r.py",
    "survival/mgus2/cuminc_by_sex": "test_analysis_survival_r.py",
    "survival/mgus2/cox_causespec": "test_analysis_models_r.py",
    "efficacy_misc/clopper_pearson": "test_analysis_proportions.py",
}
#: Group -> why nothing of ours is compared with it.
NOT_OURS = {
    "survival/lung/cox_exact": "ties are Efron's or Breslow's here; no table of the report needs the exact likelihood",
    "survival/lung/cox_robust": "one row per subject, so no sandwich variance over clusters",
    "survival/mgus2/finegray_pcm_survival_pkg": "the weighted Cox form; ours is cmprsk's, which differs in the third digit",
    "signals/caers": "no signal scores: one trial has no database of spontaneous reports to score against",
}


@pytest.mark.shared
def test_every_group_of_the_file_has_its_place(shared):
    numbers = json.loads((shared / "reference" / "analysis_reference.json").read_text(encoding="utf-8"))
    groups = set()
    for area in set(numbers) - {"meta"}:
        for name, content in numbers[area].items():
            if name == "meta":
                continue
            inner = [f"{area}/{name}/{key}" for key in content] if area == "survival" else [f"{area}/{name}"]
            groups |= set(inner)
    assert groups == {*COMPARED, *NOT_OURS}
    assert not set(COMPARED) & set(NOT_OURS)


@pytest.mark.parametrize("group", sorted(COMPARED))
def test_the_file_named_reads_the_group(group):
    name = group.rsplit("/", 1)[-1]
    text = (HERE / COMPARED[group]).read_text(encoding="utf-8")
    assert f'"{name}"' in text or f'f"{name.rsplit("_", 1)[0]}_{{' in text
