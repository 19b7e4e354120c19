"""The protocol page: the verdicts of the review of the text in force, and what an amendment changed."""

from __future__ import annotations

import re

import pytest

from celltrial.app.planning import open_protocol
from celltrial.app.reviewing import review_protocol
from celltrial.protocol import canonical_json, fingerprint
from sites import EXAMPLE, TRIAL, text

PAGE = f"/t/{TRIAL}/protocol/"


@pytest.mark.parametrize(("language", "said"), [("en", "stated, not judged"), ("zh", "仅为陈述，未予判断")])
def test_every_clause_stands_under_the_kind_that_the_review_gives_it(running, language, said):
    answer = running.person("lead", language).get(PAGE)
    found = review_protocol(open_protocol(EXAMPLE))
    page = answer.content.decode()
    assert said in text(answer)
    for kind, count in found.counts.items():
        assert re.search(rf'kind={kind.value}"[^>]*>[^<]*<b>{count}</b>', page), kind
        section = page.partition(f'id="kind-{kind.value}"')[2].partition("</section>")[0]
        shown = re.findall(r"<summary><code>([^<]+)</code>", section)
        assert shown == [item.clause.id for item in found.of_kind(kind)]


def test_one_kind_can_be_chosen(running):
    page = running.person("lead").get(PAGE + "?kind=computed").content.decode()
    assert 'id="kind-computed"' in page
    assert 'id="kind-stated"' not in page


def test_the_text_in_force_is_named_by_its_hash(running):
    assert fingerprint(open_protocol(EXAMPLE)) in text(running.person("sc.s1").get(PAGE))


def test_an_amendment_shows_what_it_changed(running):
    lead = running.person("lead")
    assert lead.get(f"/t/{TRIAL}/protocol/versions/1/").status_code == 404
    plan = open_protocol(EXAMPLE)
    identification = plan.identification.model_copy(update={"version": "2.0"})
    treatment = plan.treatment.model_copy(
        update={"lymphodepletion": plan.treatment.lymphodepletion.model_copy(update={"maximum_days_to_infusion": 6})}
    )
    changed = plan.model_copy(update={"identification": identification, "treatment": treatment})
    amended = lead.act(
        "AmendProtocol",
        version="2.0",
        document=canonical_json(changed),
        sha256=fingerprint(changed),
        reconsent="no",
        reason="shorter",
    )
    assert amended.status_code == 302, text(amended)[:300]
    assert lead.sign_only().status_code == 302
    shown = text(lead.get(f"/t/{TRIAL}/protocol/versions/1/"))
    assert "treatment.lymphodepletion.maximum_days_to_infusion" in shown
    assert "1.0" in shown
    assert "2.0" in shown
    for wrong in ("0", "2", "x", "-1"):
        assert lead.get(f"/t/{TRIAL}/protocol/versions/{wrong}/").status_code == 404
