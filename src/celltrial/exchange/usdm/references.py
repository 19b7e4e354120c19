"""Whether the ids of a document hold together: each given once, each reference to something of the right class."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from celltrial.core.errors import Fault, fault
from celltrial.core.reading.json_text import pointer_of
from celltrial.exchange.usdm.model import CLASSES

#: What each reference of the USDM API 4.0.0 points to, by the class that holds it and the attribute. A star stands
#: for every class that holds an attribute of this name.
TARGETS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("*", "scopeId"): ("Organization",),
    ("*", "dictionaryId"): ("SyntaxTemplateDictionary",),
    ("*", "organizationId"): ("Organization",),
    ("*", "organizationIds"): ("Organization",),
    ("*", "criterionIds"): ("EligibilityCriterion",),
    ("*", "documentVersionIds"): ("StudyDefinitionDocumentVersion",),
    ("*", "epochId"): ("StudyEpoch",),
    ("*", "studyInterventionId"): ("StudyIntervention",),
    ("*", "studyInterventionIds"): ("StudyIntervention",),
    ("*", "timelineId"): ("ScheduleTimeline",),
    ("Activity", "previousId"): ("Activity",),
    ("Activity", "nextId"): ("Activity",),
    ("Activity", "childIds"): ("Activity",),
    ("Activity", "biomedicalConceptIds"): ("BiomedicalConcept",),
    ("Activity", "bcCategoryIds"): ("BiomedicalConceptCategory",),
    ("Activity", "bcSurrogateIds"): ("BiomedicalConceptSurrogate",),
    ("Administration", "administrableProductId"): ("AdministrableProduct",),
    ("Administration", "medicalDeviceId"): ("MedicalDevice",),
    ("AnalysisPopulation", "subsetOfIds"): ("AnalysisPopulation", "StudyDesignPopulation", "StudyCohort"),
    ("BiomedicalConceptCategory", "childIds"): ("BiomedicalConceptCategory",),
    ("BiomedicalConceptCategory", "memberIds"): ("BiomedicalConcept",),
    ("ConditionAssignment", "conditionTargetId"): ("ScheduledActivityInstance", "ScheduledDecisionInstance"),
    ("EligibilityCriterion", "criterionItemId"): ("EligibilityCriterionItem",),
    ("EligibilityCriterion", "previousId"): ("EligibilityCriterion",),
    ("EligibilityCriterion", "nextId"): ("EligibilityCriterion",),
    ("Encounter", "previousId"): ("Encounter",),
    ("Encounter", "nextId"): ("Encounter",),
    ("Encounter", "scheduledAtId"): ("Timing",),
    ("Estimand", "analysisPopulationId"): ("AnalysisPopulation",),
    ("Estimand", "interventionIds"): ("StudyIntervention",),
    ("Estimand", "variableOfInterestId"): ("Endpoint",),
    ("MedicalDevice", "embeddedProductId"): ("AdministrableProduct",),
    ("NarrativeContent", "previousId"): ("NarrativeContent",),
    ("NarrativeContent", "nextId"): ("NarrativeContent",),
    ("NarrativeContent", "childIds"): ("NarrativeContent",),
    ("NarrativeContent", "contentItemId"): ("NarrativeContentItem",),
    ("ProductOrganizationRole", "appliesToIds"): ("AdministrableProduct", "MedicalDevice"),
    ("ScheduledActivityInstance", "activityIds"): ("Activity",),
    ("ScheduledActivityInstance", "defaultConditionId"): ("ScheduledActivityInstance", "ScheduledDecisionInstance"),
    ("ScheduledActivityInstance", "encounterId"): ("Encounter",),
    ("ScheduledActivityInstance", "timelineExitId"): ("ScheduleTimelineExit",),
    ("ScheduledDecisionInstance", "defaultConditionId"): ("ScheduledActivityInstance", "ScheduledDecisionInstance"),
    ("ScheduleTimeline", "entryId"): ("ScheduledActivityInstance", "ScheduledDecisionInstance"),
    ("StudyAmendment", "previousId"): ("StudyAmendment",),
    ("StudyArm", "populationIds"): ("StudyDesignPopulation", "StudyCohort"),
    ("StudyCell", "armId"): ("StudyArm",),
    ("StudyCell", "elementIds"): ("StudyElement",),
    ("StudyCohort", "indicationIds"): ("Indication",),
    ("StudyDefinitionDocument", "childIds"): ("StudyDefinitionDocument",),
    ("StudyEpoch", "previousId"): ("StudyEpoch",),
    ("StudyEpoch", "nextId"): ("StudyEpoch",),
    ("StudyRole", "appliesToIds"): ("StudyVersion", "InterventionalStudyDesign", "ObservationalStudyDesign"),
    ("SubjectEnrollment", "forStudyCohortId"): ("StudyCohort",),
    ("SubjectEnrollment", "forStudySiteId"): ("StudySite",),
    ("Timing", "relativeFromScheduledInstanceId"): ("ScheduledActivityInstance", "ScheduledDecisionInstance"),
    ("Timing", "relativeToScheduledInstanceId"): ("ScheduledActivityInstance", "ScheduledDecisionInstance"),
}
#: References to anything that has an id.
_ANY: Final = {
    ("Condition", "appliesToIds"),
    ("Condition", "contextIds"),
    ("DocumentContentReference", "appliesToId"),
    ("ExtensionAttribute", "valueId"),
}


class _Known(NamedTuple):
    """The first object with an id: its class, where it stands, and itself."""

    kind: str
    pointer: str
    value: dict[str, Any]


def check_references(data: Any, file: str) -> tuple[Fault, ...]:
    """Return every fault of the ids and class names of a document, each with its JSON pointer.

    An object may be in several places; two that differ may not have one id within a version of the study.
    EXC-124 no class name, or one that USDM 4.0 does not have; EXC-125 an id of two objects, told once; EXC-126 a
    reference to an id that nothing has; EXC-127 a reference to an object of another class.
    """
    found: list[Fault] = []
    known: dict[tuple[str, str], _Known] = {}
    anywhere: dict[str, _Known] = {}
    told: set[tuple[str, str]] = set()
    for value, pointer in _objects(data):
        kind = value.get("instanceType")
        if not pointer:
            continue  # the wrapper
        if not isinstance(kind, str) or kind not in CLASSES:
            shown = kind if isinstance(kind, str | int | float) else "-"
            found.append(fault("EXC-124", f"{file}#{pointer}", found=shown))
            continue
        name = value.get("id")
        if not isinstance(name, str):
            continue
        key = (_scope(pointer), name)
        here = _Known(kind, pointer, value)
        elsewhere = known.get(("", name)) if key[0] else anywhere.get(name)
        anywhere.setdefault(name, here)
        first = elsewhere or known.get(key) or here
        known.setdefault(key, here)
        if first.value is not value and key not in told and not _same(first.value, value):
            told.add(key)
            found.append(fault("EXC-125", f"{file}#{pointer}/id", found=name, expected=f"#{first.pointer}/id"))
    for value, pointer in _objects(data):
        seen = functools.partial(_seen, known, anywhere, _scope(pointer))
        found.extend(_dangling(value, pointer, seen, file))
    return tuple(found)


def _seen(known: dict[tuple[str, str], _Known], anywhere: dict[str, _Known], scope: str, name: str) -> _Known | None:
    """Return the object that a reference means: of the same version, else beside the versions; from there of any version."""
    return known.get((scope, name)) or (known.get(("", name)) if scope else anywhere.get(name))


def _scope(pointer: str) -> str:
    """Return the version of the study that an object is in; "" for what is beside the versions."""
    parts = pointer.split("/", 4)
    return parts[3] if len(parts) > 3 and parts[1:3] == ["study", "versions"] else ""


def _same(one: Any, other: Any) -> bool:
    """Return whether two objects say the same; what is left out, null or empty is the same.

    Of objects within that have an id only the id is asked: each is compared with its own namesake.
    """
    if isinstance(one, dict) and isinstance(other, dict):
        return all(_alike(one.get(name), other.get(name)) for name in {*one, *other})
    return _alike(one, other)


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        if isinstance(one.get("id"), str) or isinstance(other.get("id"), str):
            return bool(one.get("id") == other.get("id"))
        return _same(one, other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_alike(*pair) for pair in zip(one, other, strict=True))
    if one in (None, [], {}) and other in (None, [], {}):
        return True
    return type(one) is type(other) and bool(one == other)


def _objects(data: Any) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield every object with its pointer, parents first, in the order of the text."""
    waiting: list[tuple[Any, tuple[str | int, ...]]] = [(data, ())]
    while waiting:
        value, path = waiting.pop()
        if isinstance(value, dict):
            yield value, pointer_of(path)
            waiting += [(inner, (*path, name)) for name, inner in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(inner, (*path, number)) for number, inner in reversed(list(enumerate(value)))]


def _dangling(value: dict[str, Any], pointer: str, seen: Callable[[str], _Known | None], file: str) -> Iterator[Fault]:
    kind = str(value.get("instanceType"))
    for name, inner in value.items():
        wanted = TARGETS.get((kind, name)) or TARGETS.get(("*", name))
        if wanted is None and (kind, name) not in _ANY:
            continue
        many = isinstance(inner, list)
        for number, one in enumerate(inner if many else [inner]):
            if not isinstance(one, str):
                continue
            where = f"{file}#{pointer}/{name}" + (f"/{number}" if many else "")
            target = seen(one)
            if target is None:
                yield fault("EXC-126", where, found=one, expected=", ".join(wanted or ("id",)))
            elif wanted is not None and target.kind not in wanted:
                yield fault("EXC-127", where, found=f"{one} ({target.kind})", expected=", ".join(wanted))
