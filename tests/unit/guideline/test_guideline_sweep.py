"""Any single field left empty: the review answers, silence frees from no clause, and every finding can be said."""

from __future__ import annotations

import copy
from itertools import islice

import pytest
from pydantic import ValidationError

from celltrial.core.errors import UserError
from celltrial.guideline.register import packaged_register
from celltrial.guideline.review import review
from celltrial.guideline.verdict import Status
from celltrial.guideline.wording import finding_text
from celltrial.locale import has, translate
from celltrial.protocol import Protocol

EMPTY = {list: [], dict: {}, bool: False}
#: Left out, this says that there is none.
ABSENCE_SPEAKS = ("treatment", "lymphodepletion")


def places(data, path=()):
    """Yield the path of every value inside plain data."""
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in items:
        yield (*path, key), value
        yield from places(value, (*path, key))


def emptied(data, path, value):
    changed = copy.deepcopy(data)
    here = changed
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = value
    return changed


def sweep(data, paths):
    """Return how many edits gave a valid protocol; each is reviewed and put into words."""
    reviewed = 0
    register = packaged_register()
    before = review(Protocol.model_validate(data), register).by_clause
    for path, value in paths:
        for empty in (None, EMPTY.get(type(value))):
            try:
                protocol = Protocol.model_validate(emptied(data, path, empty))
            except (ValidationError, UserError):
                continue
            found = review(protocol, register)
            reviewed += 1
            for clause, verdict in found.by_clause.items():
                applied = before[clause].status is not Status.NOT_APPLICABLE
                if applied and empty is None and path != ABSENCE_SPEAKS:
                    assert verdict.status is not Status.NOT_APPLICABLE, (clause, path)
                if applied and before[clause].status is not Status.MET:
                    assert verdict.status is not Status.MET, (clause, path)
                assert (verdict.status in {Status.FINDING, Status.OUT_OF_SCOPE}) <= bool(verdict.findings)
                for item in verdict.findings:
                    said = finding_text(item, "zh", translate=translate, has=has)
                    assert said.found
                    assert said.remedy
    return reviewed


@pytest.mark.parametrize("kind", ["escalation", "single_arm"])
def test_some_fields_left_empty(kind, clean):
    data = clean(kind)
    assert sweep(data, islice(places(data), 0, None, 23)) > 20


@pytest.mark.long
@pytest.mark.parametrize("kind", ["escalation", "randomised", "single_arm", "paediatric", "cik", "mrna", "autoimmune"])
def test_every_field_left_empty(kind, clean):
    data = clean(kind)
    assert sweep(data, places(data)) > 500
