"""Our USDM classes beside the standard: what each class of the USDM API 4.0.0 requires.

The table holds facts read from `Deliverables/API/USDM_API.yaml` of cdisc-org/DDF-RA (API version 4.0.0, commit
4f73979), which is published under MIT and CC-BY-4.0. `id` and `instanceType` are required of every class but Study,
whose id is optional, and are left out of the table.
"""

from __future__ import annotations

import pytest

from celltrial.exchange.usdm.model import CLASSES, Wrapper

REQUIRED = {
    "Abbreviation": "abbreviatedText expandedText",
    "Activity": "name",
    "Address": "",
    "AdministrableProduct": "name administrableDoseForm productDesignation",
    "AdministrableProductIdentifier": "text scopeId",
    "AdministrableProductProperty": "name text type",
    "Administration": "name duration",
    "AliasCode": "standardCode",
    "AnalysisPopulation": "name text",
    "AssignedPerson": "name personName jobTitle",
    "BiomedicalConcept": "name reference code",
    "BiomedicalConceptCategory": "name",
    "BiomedicalConceptProperty": "name isRequired isEnabled datatype code",
    "BiomedicalConceptSurrogate": "name",
    "BiospecimenRetention": "name isRetained",
    "Characteristic": "name text",
    "Code": "code codeSystem codeSystemVersion decode",
    "CommentAnnotation": "text",
    "Condition": "name text",
    "ConditionAssignment": "condition conditionTargetId",
    "DocumentContentReference": "sectionNumber sectionTitle appliesToId",
    "Duration": "durationWillVary",
    "EligibilityCriterion": "name category identifier criterionItemId",
    "EligibilityCriterionItem": "name text",
    "Encounter": "name type",
    "Endpoint": "name text purpose level",
    "Estimand": "name populationSummary analysisPopulationId interventionIds variableOfInterestId intercurrentEvents",
    "ExtensionAttribute": "url",
    "ExtensionClass": "url extensionAttributes",
    "GeographicScope": "type",
    "GovernanceDate": "name type dateValue geographicScopes",
    "Indication": "name isRareDisease",
    "Ingredient": "role substance",
    "IntercurrentEvent": "name text strategy",
    "InterventionalStudyDesign": "name arms studyCells rationale epochs population eligibilityCriteria model",
    "Masking": "text isMasked",
    "MedicalDevice": "name",
    "MedicalDeviceIdentifier": "text scopeId type",
    "NarrativeContent": "name displaySectionNumber displaySectionTitle",
    "NarrativeContentItem": "name text",
    "Objective": "name text level",
    "ObservationalStudyDesign": "name arms studyCells rationale epochs population eligibilityCriteria model "
    "timePerspective",
    "Organization": "name type identifierScheme identifier",
    "ParameterMap": "tag reference",
    "PersonName": "",
    "Procedure": "name procedureType code",
    "ProductOrganizationRole": "name code organizationId",
    "Quantity": "value",
    "Range": "minValue maxValue isApproximate",
    "ReferenceIdentifier": "text scopeId type",
    "ResponseCode": "name isEnabled code",
    "ScheduleTimeline": "name mainTimeline entryCondition entryId",
    "ScheduleTimelineExit": "",
    "ScheduledActivityInstance": "name",
    "ScheduledDecisionInstance": "name conditionAssignments",
    "Strength": "name numerator",
    "Study": "name",
    "StudyAmendment": "name number summary primaryReason changes geographicScopes",
    "StudyAmendmentImpact": "type text isSubstantial",
    "StudyAmendmentReason": "code",
    "StudyArm": "name type dataOriginDescription dataOriginType",
    "StudyCell": "armId epochId elementIds",
    "StudyChange": "name summary rationale changedSections",
    "StudyCohort": "name includesHealthySubjects",
    "StudyDefinitionDocument": "name language type templateName",
    "StudyDefinitionDocumentVersion": "version status",
    "StudyDesignPopulation": "name includesHealthySubjects",
    "StudyElement": "name",
    "StudyEpoch": "name type",
    "StudyIdentifier": "text scopeId",
    "StudyIntervention": "name role type",
    "StudyRole": "name code",
    "StudySite": "name country",
    "StudyTitle": "text type",
    "StudyVersion": "versionIdentifier rationale studyIdentifiers titles",
    "SubjectEnrollment": "name quantity",
    "Substance": "name strengths",
    "SyntaxTemplateDictionary": "name parameterMaps",
    "Timing": "name type value valueLabel relativeToFrom relativeFromScheduledInstanceId",
    "TransitionRule": "name text",
}


def test_every_class_of_the_standard_is_there_and_no_other():
    assert set(CLASSES) == set(REQUIRED)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_class_requires_what_the_standard_requires(name):
    model = CLASSES[name]
    model.model_rebuild()
    required = {field.alias for field in model.model_fields.values() if field.is_required()}
    assert required - {"id"} == set(REQUIRED[name].split())
    assert ("id" in required) is (name != "Study")
    assert model.model_fields["instance_type"].default == name


def test_the_wrapper_requires_a_study_and_a_version():
    required = {field.alias for field in Wrapper.model_fields.values() if field.is_required()}
    assert required == {"study", "usdmVersion"}
