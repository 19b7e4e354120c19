"""Published regimens as protocols: each reads, is reviewed, printed in both languages, simulated or refused by name, reported.

Cheap on purpose: one in-process run each; the virtual trials are of half a year.
"""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import pytest

from celltrial.app.planning import open_protocol
from celltrial.app.session import codec
from celltrial.app.simulating import simulate_into
from celltrial.cli import application
from celltrial.cli.failures import run
from celltrial.core.errors import UserError
from celltrial.core.progress import Silent
from celltrial.datasets import derive
from celltrial.ledger import Journal, open_ledger
from celltrial.protocol import read_protocol
from celltrial.protocol.regimen import planned_administrations

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "regimens"
REGIMENS = sorted(FOLDER.glob("*.yaml"))
#: Those a virtual trial walks; of the others the code and the field by which it refuses them.
WALKED = (
    "components-in-order",
    "haploidentical-nk",
    "nk-weekly-with-interleukin-2",
    "range-with-cap",
    "split-over-three-days",
    "split-over-two-days",
    "weight-bands",
)
REFUSED = {
    "basket-in-cycles": ("SIM-203", "treatment.courses.0"),
    "cik-slowing-down": ("SIM-204", "confirmatory.randomisation"),
    "gamma-delta-every-two-weeks": ("SIM-203", "treatment.courses.0"),
    "lymphodepletion-on-a-condition": ("SIM-203", "treatment.courses.0"),
    "reinfusion": ("SIM-203", "treatment.courses.1"),
    "route-by-course": ("SIM-203", "treatment.courses.1"),
    "split-by-burden": ("SIM-204", "treatment.courses.0.when"),
    "three-courses-randomised": ("SIM-204", "confirmatory.randomisation"),
    "til-with-interleukin-2": ("SIM-204", "confirmatory.randomisation"),
    "two-transfers": ("SIM-203", "treatment.courses.1"),
}


def cli(*arguments):
    """Run the command line; return its exit code and what it said."""
    kept, sys.argv, said = sys.argv, ["celltrial", *map(str, arguments)], io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = run(application())
    finally:
        sys.argv = kept
    return code, said.getvalue()


def test_there_are_twelve_and_more():
    assert len(REGIMENS) >= 12


@pytest.mark.parametrize("path", REGIMENS, ids=lambda path: path.stem)
def test_a_regimen_is_reviewed_and_printed(path, tmp_path):
    code, said = cli("review", path)
    assert code in {0, 1}, said
    assert "Traceback" not in said
    for language in ("en", "zh"):
        page = tmp_path / f"{language}.html"
        assert cli("document", path, "-o", page, "--lang", language)[0] == 0
        assert page.stat().st_size > 10_000


@pytest.mark.parametrize("path", [one for one in REGIMENS if one.stem not in WALKED], ids=lambda path: path.stem)
def test_what_a_virtual_trial_does_not_walk_is_refused_by_name(path, tmp_path):
    with pytest.raises(UserError) as refused:
        simulate_into(tmp_path / "t.db", open_protocol(path), seed=1, scenario=None, years=0.5, progress=Silent())
    [item] = refused.value.faults
    assert (item.id, item.params.get("field")) == REFUSED[path.stem]


@pytest.mark.parametrize("name", WALKED)
def test_a_walked_regimen_gives_its_administrations_and_is_reported(name, tmp_path):
    path, ledger = FOLDER / f"{name}.yaml", tmp_path / "t.db"
    protocol = open_protocol(path)
    done = simulate_into(ledger, protocol, seed=1, scenario=None, years=0.5, progress=Silent())
    assert done.infused >= 2
    planned = planned_administrations(protocol)
    with open_ledger(ledger) as kept:
        data = derive(Journal(kept, codec()).events(protocol.identification.id))
    whole = 0
    for _, rows in data.adex.group_by("usubjid", maintain_order=True):
        places = rows["administration"].to_list()
        assert places == [one.administration for one in planned[: len(places)]]
        given = rows.filter("given")
        whole += len(given) == len(planned)
        days = rows["day"].to_list()
        assert days == sorted(days)
        shares = rows["planned_share"].to_list()
        assert [round(share, 4) for share in shares] == [round(float(one.share), 4) for one in planned[: len(shares)]]
    assert whole >= 1
    for language in ("en", "zh"):
        assert cli("report", ledger, "-o", tmp_path / f"{language}.html", "--lang", language)[0] == 0


def test_a_virtual_trial_refuses_arms_cohorts_and_courses_chosen_by_a_finding(tmp_path):
    text = (FOLDER / "split-over-two-days.yaml").read_text(encoding="utf-8")
    cohorts = text + "cohorts: [{id: A, kind: disease, name: {en: A, zh: A}}]\n"
    when = text.replace(
        "    - id: C1\n",
        '    - id: C1\n      when:\n        - {id: W-1, kind: inclusion, concept: ecog, operator: "<=", value: 1, assessment: x,\n'
        "           source: examination, text: {en: x, zh: x}}\n",
    )
    for changed, field in ((cohorts, "cohorts"), (when, "treatment.courses.0.when")):
        with pytest.raises(UserError) as refused:
            simulate_into(
                tmp_path / "x.db", read_protocol(changed, "x.yaml"), seed=1, scenario=None, years=0.5, progress=Silent()
            )
        assert [(item.id, item.params["field"]) for item in refused.value.faults] == [("SIM-204", field)]
