"""Whether the ids of a document hold together: each given once, each reference to something of the right class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from celltrial.core.errors import Fault, fault
from celltrial.exchange.usdm.model import CLASSES
from celltrial.exchange.usdm.text import pointer_of

__all__ = ["check_references"]

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


def check_references(data: Any, file: str) -> tuple[Fault, ...]:
    """Return every fault of the ids and class names of a document, each with its JSON pointer.

    EXC-124 no class name, or one that USDM 4.0 does not have; EXC-125 an id given twice; EXC-126 a reference to an id
    that nothing has; EXC-127 a reference to an object of another class.
    """
    found: list[Fault] = []
    known: dict[str, tuple[str, str]] = {}
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
        if name in known:
            found.append(fault("EXC-125", f"{file}#{pointer}/id", found=name, expected=f"#{known[name][1]}/id"))
        else:
            known[name] = (str(kind), pointer)
    for value, pointer in _objects(data):
        found.extend(_dangling(value, pointer, known, file))
    return tuple(found)


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


def _dangling(value: dict[str, Any], pointer: str, known: dict[str, tuple[str, str]], file: str) -> Iterator[Fault]:
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
            if one not in known:
                yield fault("EXC-126", where, found=one, expected=", ".join(wanted or ("id",)))
            elif wanted is not None and known[one][0] not in wanted:
                yield fault("EXC-127", where, found=f"{one} ({known[one][0]})", expected=", ".join(wanted))
