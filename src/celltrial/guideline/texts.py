"""Texts that say nothing: placeholders, untouched templates, and questions handed to somebody else.

`hollow` answers for a whole text: `TBD`, `待定`, `n/a`, `State here why`, `As per investigator`, `由研究者判断`. A text that
says something and leaves a part to the investigator (`Dexamethasone; taper at the investigator's discretion`) is not
hollow. `TEXTS` names, clause by clause, the fields of prose that the clause asks for, and how grave silence is there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel

from celltrial.guideline.verdict import Case, Finding, Severity, finding
from celltrial.guideline.vocabulary import plain
from celltrial.protocol.model.base import LocalText

#: Anywhere in a text, these leave it open.
_OPEN: Final = re.compile(
    r"\bt\.?b\.?[dcan]\b|\bto be (?:determined|decided|defined|confirmed|specified|agreed|justified|argued|explained|assessed later|advised|announced|provided|added"
    r"|completed|described|submitted|written|filled|discussed|clarified|established|finali[sz]ed|updated later)\b"
    r"|\b(?:will|shall) be (?:provided|described|defined|specified|determined|added|completed) (?:later|in due course|separately|afterwards|in a)"
    r"|\bnot yet (?:determined|decided|available|known|defined|written)\b|\bunder (?:development|discussion)\b|\bin preparation\b"
    r"|lorem ipsum|\binsert [a-z ]{0,20}here\b|\bplaceholder\b|_{3,}|\?{3,}|\bx{3,}\b|\{\{"
    r"|\b(?:state|describe|write|explain|give|name|enter|fill in) (?:it )?here\b|\breplace this\b|\bexample only\b|\byour text\b|\bsample text\b|\bdelete if\b"
    r"|待(?:定|补充|说明|论证|阐明|商定|评估后|填写?|完善|确认|确定|讨论|提供|明确|撰写)|(?:尚未|尚不)(?:确定|明确|制定)|未定(?:稿|义)?$|另行(?:规定|通知|制定|确定|说明|约定)"
    r"|后续(?:补充|确定|提供|完善|更新)|暂(?:未|无|缺|不明确)|在此(?:说明|填写|描述|写)|请(?:填写|补充|说明)|示例文本|此处(?:填|写)|某某|×{2,}|【\s*】"
)
#: A whole text of these says nothing.
_EMPTY_TEXTS: Final = (
    "n/a|n.a|na|n a|none|nil|null|no|yes|ok|okay|unknown|not applicable|not available|not stated|not specified|not defined|not known|pending"
    "|same|same as above|as above|see above|see protocol|see the protocol|see appendix|see annex|see manual|see ib|see charter|to follow|later"
    "|foo|bar|test|text|abc|asdf|todo|xx|x|various|other|anything|whatever|sometime|someday|soon|standard|routine|usual|as usual|blank|empty|draft"
    "|study planned|planned|ongoing|in progress|expert opinion|data on file|available on request|available upon request|unpublished|unpublished data"
    "|personal communication|nobody|somebody|someone|anyone|as described elsewhere|described elsewhere"
    "|symptomatic treatment|symptomatic therapy|symptomatic|supportive care|supportive treatment|symptomatic and supportive care|treat symptoms|treat accordingly"
    "|对症处理|对症治疗|对症|对症支持|对症支持治疗|对症支持处理|支持治疗|对症及支持治疗|相应处理|相应治疗|积极处理|积极治疗|及时处理|及时治疗"
    "|无|暂无|没有|不适用|不详|不明|未知|未提供|未规定|未说明|略|同上|见上|是|否|好|可|详见方案|见方案|见附件|见附录|详见附件|详见附录|按常规|常规|按规定|按要求"
    "|计划中|进行中|拟开展|专家意见|内部数据|未发表|个人通讯|测试|文本|草稿|空|其他|以后|将来|某人|如上所述|同前|其他部分已述|随机应变|待查"
)
_EMPTY: Final = frozenset(_EMPTY_TEXTS.split("|"))
_WHO: Final = (
    r"(?:investigators?|physicians?|doctors?|clinicians?|sponsors?|medical monitors?|hospitals?|institutions?)"
)
_TASTE: Final = r"(?:discretion|judge?ment|decision|choice|opinion|preference|practice|policy|assessment)"
_HANDED_ON: Final = re.compile(
    rf"\b(?:(?:treating|principal|responsible|local|study|trial) )?{_WHO}(?:'s|s'|’s)?(?: {_TASTE})?\b"
    r"|(?<![a-z0-9])(?:pi|cra|sops?|ich[\s-]gcp|gcp)(?![a-z0-9])(?![\s-]?[a-z]{0,5}\d)|\b(?:clinical |personal |own )?experience\b|\bbest practices?\b"
    r"|\b(?:routine|standard|close|careful|regular)(?: clinical)? (?:monitoring|observation|surveillance|follow[\s-]?up|management)\b"
    r"|\b(?:(?:current|applicable|relevant|national|international|internal|company|prevailing|usual|local|clinical|institutional) )+(?:practices?|guidelines?|guidance|policy|standards?|procedures?|regulations?|recommendations?)\b"
    r"|\bsee (?:the )?(?:protocol|appendix|annex|(?:lab(?:oratory)? )?manual|ib|sap|charter|sop)\b(?!.{0,40}(?:\d|\b(?:section|version|chapter|table)\b))"
    rf"|\b(?:sites?|cent(?:re|er)s?)(?:'s|s'|’s)? {_TASTE}\b|\b(?:by|per|of) (?:the |each )?(?:sites?|cent(?:re|er)s?)$"
    r"|\b(?:standard of care|(?:local|institutional|clinical|routine|usual|standard|site|hospital|good clinical) (?:practice|guidelines?|guidance|policy|standards?|routine|care|procedures?))\b"
    r"|\b(?:as|if|when|where|whenever) (?:deemed |considered |clinically |judged )?(?:appropriate|necessary|needed|indicated|required|applicable)\b"
    r"|\bcase[\s-]by[\s-]case\b|\bat discretion\b|\bas usual\b"
    r"|遵医嘱|经验性?|(?:密切|严密|常规|定期)(?:监测|观察|随访)|公司(?:内部)?|科室|(?:现行|相关|有关|适用|国内外|国家)的?(?:指南|法规|规定|规范|共识|要求)"
    r"|(?:详见|参见|请?见)(?:附件|附录|方案|实验室手册|研究者手册|统计分析计划|章程)(?!.{0,20}(?:第|版|节|章|表|\d))"
    r"|(?:主要|主治|主管|经治)?(?:研究者|研究医生|医生|医师|申办者|申办方|医学监查员|临床医生|各?(?:研究)?中心|当地|医院|院内|本院|机构|研究团队)(?:的)?"
    r"|酌情|视情况|视(?:患者|受试者)?(?:病情|具体情况|情况)|必要时|适当|如有需要|如需|按需|(?:根据|按照?|依据?|遵循|参照)(?:患者|受试者)?的?(?:临床|实际|具体|常规|诊疗|病情)(?:情况|常规|规范|实践)?"
)
#: What may be beside a phrase that hands the question on without saying more.
_FILLER: Final = re.compile(
    r"\b(?:as|at|per|by|upon|based|on|according|accordingly|to|in|accordance|with|under|left|up|subjects?|the|a|an|of|is|are|be|will|shall|should|may|can|it"
    r"|this|and|or|for|treat\w*|manage\w*|handl\w*|monitor\w*|care|follow\w*|decid\w*|determin\w*|judg\w*|perform\w*|done|do|patients?|appropriate\w*|standard|clinical\w*|local|his|her|their|own|each"
    r"|increas\w*|escalat\w*|decreas\w*|reduc\w*|stepwise|discretion|judge?ment|opinion|choice|preference|practice|policy|guidelines?|routine|course of action|measures?|necessary|whether|continu\w*|stop\w*|agreed?|usual|following)\b"
    r"|递增|递减|增加|减少|逐步|逐渐|由|经|根据|依据|按照|按|依|取决于|遵循|参照|视|的|其|自行|判断|决定|评估|意愿|选择|习惯|惯例|常规|规范|标准|流程|而定|进行|处理|执行|实施|给予|予以|治疗|诊断"
    r"|随访|监测|预防|识别|管理|相应|相关|将|应|可|并|和|或|后|确定|情况|实际|临床|诊疗|患者|受试者|具体|病情|措施|采取|是否|继续|停止|调整|内部|要求|规定|相同|同"
)
#: Verbs and nouns of care that name nothing that is done: a text of these alone says nothing.
_CARE: Final = re.compile(
    r"\b(?:observ\w*|watch\w*|enhanc\w*|strengthen\w*|intensif\w*|actively|active|promptly|prompt|timely|doctors?|physicians?|see|inform\w*|notif\w*|contact\w*"
    r"|seek|medical|help|attention|attentive|support\w*|symptom\w*|diagnos\w*|close|closely|regular|regularly|continuous\w*|good|proper\w*|adequate\w*|necessary"
    r"|intervention|therapy|hospital|report\w*|early|immediate\w*|as|soon|possible)\b"
    r"|观察|加强|强化|监护|护理|积极|及时|尽早|尽快|立即|就医|就诊|通知|告知|联系|上报|医学|帮助|关注|支持|对症|密切|严密|定期|(?<![血尿便])常规|持续|良好|充分|必要|干预|临床|医生|医师|医院|做好|注意"
)
#: Verbs that do something even alone.
_DOES: Final = re.compile(
    r"\b(?:stop|pause|interrupt|withh|discontinu|reduc|adjust)\w*|停止|暂停|中止|终止|停用|停药|减量|减慢|调整"
)
_WORD: Final = re.compile(r"[a-z0-9]{2,}")
_SIGN: Final = re.compile(r"[㐀-鿿]")
_LETTERS: Final = re.compile(r"[a-z0-9㐀-鿿]")


@lru_cache(maxsize=8192)
def says_nothing(text: str) -> bool:
    """Tell whether a text is a placeholder or hands its whole question on.

    >>> [says_nothing(text) for text in ("TBD", "由研究者判断", "As per investigator", "Examination", "Fever above 38 °C")]
    [True, True, True, False, False]
    >>> [says_nothing(text) for text in ("Close observation", "加强监护，及时处理", "Stop; observe", "Observe for 4 h after infusion")]
    [True, True, False, False]
    """
    said = plain(text)
    bare = said.strip(" .。;；:：!！-—–~～*/\\|,，()（）[]<>\"'“”…")
    if bare in _EMPTY or _OPEN.search(said):
        return True
    signs = _LETTERS.findall(bare)
    if not signs or (len(set(signs)) == 1 and not bare.isdigit()):
        return True
    handed, count = _HANDED_ON.subn(" ", said)
    if not count:
        handed, count = _CARE.subn(" ", said)
        if not count or _DOES.search(said):
            return False
    left = _FILLER.sub(" ", handed)
    return not _WORD.search(left) and len(_SIGN.findall(left)) < 2


def hollow(item: LocalText | str | None) -> bool:
    """Tell whether a text says nothing in one of its languages; a text that is not there is not hollow but missing."""
    if item is None:
        return False
    return any(
        text.strip() and says_nothing(text) for text in ((item,) if isinstance(item, str) else (item.en, item.zh))
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of prose that a clause asks for.

    pattern:  its dotted path; `*` stands for every row or key.
    severity: how grave it is where the text says nothing: as grave as where it is missing.
    """

    pattern: str
    severity: Severity = Severity.MAJOR


def _major(*patterns: str) -> tuple[Asked, ...]:
    return tuple(Asked(pattern) for pattern in patterns)


def _minor(*patterns: str) -> tuple[Asked, ...]:
    return tuple(Asked(pattern, Severity.MINOR) for pattern in patterns)


#: Clause to the fields of prose that it asks for.
TEXTS: Final[Mapping[str, tuple[Asked, ...]]] = MappingProxyType(
    {
        "1.1-a": _minor(  # what ICH E6 and M11 ask a protocol to say
            "identification.title", "trial.objectives.*.text", "assessments.abnormal_values",
            "assessments.genetic.purpose", "assessments.health_economics", "assessments.panels.*.name",
            "assessments.procedures.*.text", "confirmatory.randomisation.emergency_unblinding",
            "confirmatory.randomisation.system", "discontinuation.loss", "discontinuation.of_intervention.*",
            "discontinuation.of_trial", "dose.overdose.action", "efficacy.endpoints.*.analysis.sensitivity.*",
            "efficacy.endpoints.*.analysis.supplementary.*", "governance.safety_board_text",
            "identification.amendment.reasons.*", "identification.amendment.summary",
            "identification.confidentiality", "identification.medical_contact", "identification.short_title",
            "identification.signatory", "identification.sponsor_address", "manufacturing.pack",
            "manufacturing.returns", "oversight.country_differences.*", "oversight.data_protection.breach",
            "oversight.data_protection.handler", "oversight.data_systems", "oversight.delegated.*.task",
            "oversight.delegated.*.to", "oversight.deviations", "oversight.dissemination", "oversight.ethics",
            "oversight.insurance", "oversight.not_applicable.*", "oversight.quality.*.control",
            "oversight.quality.*.factor", "oversight.quality.*.risk", "oversight.responsibilities",
            "oversight.site_closure", "oversight.source_records", "population.childbearing",
            "population.consents.process", "population.contraception.text", "population.rationale",
            "population.rescreening.text", "population.restrictions.*.text", "safety.clarifications",
            "safety.disease_events.*", "safety.pregnancy.followed_until", "safety.recording",
            "safety.special_situations.*", "statistics.cuts.*", "statistics.interim.*.text",
            "statistics.interim.*.when", "statistics.multiplicity.text", "statistics.safety_text",
            "statistics.sets.*.used_for", "statistics.subgroups.*", "statistics.success", "treatment.background",
            "treatment.infusion.concomitant_permitted", "treatment.infusion.premedication",
            "treatment.infusion.rate", "treatment.infusion.thaw", "trial.need", "trial.post_trial_access.text",
            "trial.rationale.adaptive", "trial.rationale.control", "trial.rationale.duration",
            "trial.rationale.estimands", "trial.rationale.interim", "trial.stakeholder_input",
        ),
        "1.2-b": _minor("product.vector.integration_evidence.*.statement"),
        "1.2-e": _minor("governance.agency.*.topic", "governance.agency.*.advice"),
        "1.3-a": _minor(
            "product.name", "product.mechanism", "product.other_mechanism", "product.hla_matching", "product.storage",
            "product.transport", "product.donor_testing.*", "product.components.*.name",
        ),
        "1.3-e": _minor("product.risk_override"),
        "1.3-g": _minor("governance.monitoring_plan"),
        "2.1.1-a": _major(
            "trial.indication", "population.benefit_risk.*.expected_benefit.*.statement",
            "population.benefit_risk.*.expected_risk.*.statement", "population.benefit_risk.*.conclusion",
        ),
        "2.1.1-b": _major("product.nonclinical.*.statement"),
        "2.1.1.2-a": (
            *_major("population.stage_rationale.*", "population.stages_allowed.*", "population.stage_scale"),
            *_minor("population.early_stage_reason"),
        ),
        "2.1.1.2-e": (*_major("population.confounders_considered"), *_minor("treatment.bridging.text")),
        "2.1.1.2-f": _major(
            "population.label_population.*", "population.studied_population.*", "population.bridging_plan"
        ),
        "2.1.1.3-a": _major("population.paediatric.adult_data.*.statement"),
        "2.1.1.3-b": _major("population.paediatric.justification"),
        "2.1.2.1-b": _major(
            "population.criteria.*.assessment", "population.criteria.*.text", "cohorts.*.name", "cohorts.*.criteria.*.text",
        ),
        "2.1.2.1-c": (*_major("trial.washout_rationale.statement"), *_minor("trial.interruption.evidence.*.statement")),
        "2.1.2.1-d": _major("risk_plan.rescue_plan"),
        "2.1.2.2-b": _major(
            "risk_plan.risks.*.term", "risk_plan.risks.*.prevention", "risk_plan.risks.*.recognition",
            "risk_plan.risks.*.diagnosis", "risk_plan.risks.*.management.*.action", "risk_plan.risks.*.follow_up",
        ),
        "2.1.2.2-c": _minor("risk_plan.consensus_versions.*"),
        "2.1.2.3-a": _minor("sites.resources.*.name"),
        "2.1.2.3-b": _major("sites.operators.*.minimum_training"),
        "2.1.2.3-c": _minor("sites.standardised_procedures.*", "sites.operators.*.sop", "sites.operators.*.sop_version"),
        "2.1.2.4-a": _minor("stopping.rules.*.text", "stopping.early_termination"),
        "2.1.2.4-c": _minor("stopping.in_flight.text"),
        "2.1.3-d": _major("treatment.infusion.conditions.*.assessment", "treatment.infusion.conditions.*.text"),
        "2.1.3-e": _major(
            "manufacturing.failure_plan.causes_investigated", "manufacturing.risk_factors_listed.*"
        ),
        "2.1.3-f": (
            *_major("manufacturing.failure_plan.rescue"), *_minor("manufacturing.out_of_specification.text")
        ),
        "2.1.3-g": (
            *_minor("treatment.lymphodepletion.rationale", "treatment.drugs.*.until", "treatment.drugs.*.each_dose_if.*.text"),
            *_major("treatment.lymphodepletion.skip_if.*.text", "treatment.lymphodepletion.alternatives.*.when"),
        ),
        "2.1.3-l": _major("manufacturing.failure_plan.analysis_of_not_treated"),
        "2.2.1.1-c": _minor("pharmacology.delayed_risk_plan"),
        "2.2.1.1-d": (
            *_major("escalation.dlt.evaluable_when"),
            *_minor("escalation.design.rationale", "escalation.dlt.rules.*.text", "escalation.scenarios.*.name"),
        ),
        "2.2.1.1-e": _major("escalation.activity_measure"),
        "2.2.1.3-a": _minor("efficacy.endpoints.*.text"),
        "2.2.2.1-a": _minor(
            "dose.starting.rationale", "dose.starting.evidence.*.statement",
            "dose.starting.candidates.*.evidence.statement",
        ),
        "2.2.2.3-c": _major("dose.starting.ladder_rationale"),
        "2.2.2.3-f": _major(
            "dose.repeat.low_risk_evidence.*.statement", "dose.repeat.activity_duration_evidence.*.statement",
            "dose.repeat.redose_criteria", "treatment.courses.*.criteria.*.text", "treatment.courses.*.when.*.text",
        ),
        "2.2.4-a": _minor("escalation.closed_level.text"),
        "2.2.4-b": _major("escalation.staggering.sentinel_monitoring.*"),
        "2.2.4-c": _major("escalation.staggering.basis.*.statement"),
        "2.2.5-a": (*_major("pharmacology.not_measured.*"), *_minor("pharmacology.measurements.*.analyte")),
        "2.2.5-j": _major("escalation.transition.text"),
        "2.3-b": _minor("trial.therapeutic_area_guideline"),
        "2.3.1-a": _minor(
            "confirmatory.comparator_reason", "arms.*.name", "arms.*.crossover_when", "arms.*.drugs.*.until",
            "arms.*.drugs.*.each_dose_if.*.text",
        ),
        "2.3.1-b": (
            *_major("confirmatory.single_arm_reason", "confirmatory.single_arm_evidence.*.statement"),
            *_minor("confirmatory.rct_feasibility"),
        ),
        "2.3.1-c": _minor("confirmatory.null_derivation.differences_listed"),
        "2.3.1-d": _minor("trial.blinding.unblinded_roles.*"),
        "2.3.1-e": _major("trial.blinding.bias_reduction_measures.*"),
        "2.3.2-a": (
            *_major("efficacy.endpoints.*.text"),
            *_minor("efficacy.endpoints.*.estimand.treatment", "efficacy.endpoints.*.estimand.variable"),
        ),
        "2.3.2-b": _major("efficacy.criteria"),
        "2.3.2-e": _major("efficacy.endpoints.*.validation.statement"),
        "2.3.2-j": _minor("governance.monitoring_plan", "governance.safety_board_charter"),
        "2.3.2-l": _minor("confirmatory.safety_set_rationale"),
        "2.3.2-m": _minor("manufacturing.changes.*.text"),
        "3.1-b": _major("follow_up.items.*"),
        "3.1-c": _minor("follow_up.assays.*.analyte"),
        "3.1-d": _minor("follow_up.rationale"),
        "3.1-e": _minor("follow_up.class_justification.statement"),
        "3.1-j": _minor("follow_up.separate_protocol_id"),
        "3.1-n": _major("follow_up.paediatric.retention_plan", "follow_up.paediatric.transition_plan"),
        "3.2-a": _major("follow_up.post_market.gaps.*"),
    }
)  # fmt: skip


def texts_at(section: object, pattern: str) -> Iterator[tuple[str, LocalText | str]]:
    """Yield every text at a pattern below a section, with its dotted path."""
    head, _, rest = pattern.partition(".")
    if head == "*":
        rows = (
            section.items()
            if isinstance(section, Mapping)
            else enumerate(section)
            if isinstance(section, tuple)
            else ()
        )
        inner = [(str(key), value) for key, value in rows]
    else:
        inner = [(head, getattr(section, head, None))] if isinstance(section, BaseModel) else []
    for key, value in inner:
        if rest:
            yield from ((f"{key}.{path}", text) for path, text in texts_at(value, rest))
        elif isinstance(value, LocalText | str):
            yield key, value


#: Fields named in one finding; more are counted.
_SHOWN: Final = 6


def hollow_texts(case: Case) -> Iterator[Finding]:
    """Yield a finding for each kind of text that the clause asks for and that says nothing, naming its fields."""
    for asked in TEXTS.get(case.clause.id, ()):
        empty = [(path, text) for path, text in texts_at(case.protocol, asked.pattern) if hollow(text)]
        if empty:
            path, text = empty[0]
            said = (
                text
                if isinstance(text, str)
                else next(one for one in (text.en, text.zh) if one.strip() and says_nothing(one))
            )
            fields = ", ".join(path for path, _ in empty[:_SHOWN]) + ("" if len(empty) <= _SHOWN else ", …")
            shown = {"said": said[:60], "fields": fields, "count": len(empty)}
            yield finding("text_says_nothing", path, asked.severity, **shown)


_EVERY: Final = re.compile(
    r"\bevery (?:(?P<n>\d+|two|three|four|six|eight|twelve) )?(?P<unit>minutes?|hours?|days?|weeks?|months?|years?)\b"
    r"|(?P<word>\b(?:hourly|daily|weekly|fortnightly|biweekly|monthly|quarterly|yearly|annually))\b"
    r"|(?P<times>once|twice|\d+ times|three times|four times)(?: a| an| per| each)? (?P<per>day|daily|week|weekly|month|monthly|year|yearly)\b"
    r"|每(?P<zn>\d+|两|二|三|四|六|八|十二)?(?:个)?(?P<zu>分钟|小时|天|日|周|星期|月|季度|年)(?:(?P<zt>\d+|一|两|二|三|四)次)?"
)
_NUMBERS: Final = {"two": 2, "three": 3, "four": 4, "six": 6, "eight": 8, "twelve": 12, "once": 1, "twice": 2} | {
    "一": 1, "两": 2, "二": 2, "三": 3, "四": 4, "六": 6, "八": 8, "十二": 12
}  # fmt: skip
_UNIT_DAYS: Final = {
    "minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.4375, "year": 365.25, "hourly": 1 / 24, "daily": 1.0,
    "weekly": 7.0, "fortnightly": 14.0, "biweekly": 14.0, "monthly": 30.4375, "quarterly": 91.3, "yearly": 365.25, "annually": 365.25,
    "分钟": 1 / 1440, "小时": 1 / 24, "天": 1.0, "日": 1.0, "周": 7.0, "星期": 7.0, "月": 30.4375, "季度": 91.3, "年": 365.25,
}  # fmt: skip


def stated_interval(text: str) -> float | None:
    """Return the shortest interval in days at which a text says that something is done; None where it names none.

    >>> stated_interval("Temperature every four hours"), stated_interval("monthly"), stated_interval("Culture with every fever")
    (0.16666666666666666, 30.4375, None)
    """
    found = []
    for hit in _EVERY.finditer(plain(text)):
        if hit.group("unit"):
            found.append(_count(hit.group("n")) * _UNIT_DAYS[hit.group("unit").rstrip("s")])
        elif hit.group("word"):
            found.append(_UNIT_DAYS[hit.group("word")])
        elif hit.group("times"):
            found.append(_UNIT_DAYS[hit.group("per")] / _count(hit.group("times").split()[0]))
        else:
            found.append(_count(hit.group("zn")) * _UNIT_DAYS[hit.group("zu")] / _count(hit.group("zt")))
    return min(found, default=None)


def _count(word: str | None) -> float:
    return 1.0 if not word else float(_NUMBERS.get(word) or (word if word.isdigit() else 1))
