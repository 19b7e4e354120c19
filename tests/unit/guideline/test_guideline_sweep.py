"""Any single field left empty: the review answers, never met more than before, and every finding can be said."""

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
    for path, value in paths:
        for empty in (None, EMPTY.get(type(value))):
            try:
                protocol = Protocol.model_validate(emptied(data, path, empty))
            except (ValidationError, UserError):
                continue
            found = review(protocol, register)
            reviewed += 1
            for verdict in found.verdicts:
                assert (verdict.status is Status.FINDING) <= bool(verdict.findings)
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
