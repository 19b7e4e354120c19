"""Whether evidence can be looked up: the reference is listed and has the form of one; the statement says something.

Only the form is judged: a DOI, a PubMed number, a registry number (ClinicalTrials.gov, ChiCTR, the CDE's CTR), a web
address, a document with version or date, or authors with a year. Nothing is fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from pydantic import BaseModel

from celltrial.guideline.texts import hollow
from celltrial.guideline.vocabulary import plain
from celltrial.protocol.model import Protocol
from celltrial.protocol.model.base import Evidence
from celltrial.protocol.model.identification import Reference

_DOI: Final = re.compile(r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?10\.\d{4,9}/\S{2,}$", re.IGNORECASE)
_PMID: Final = re.compile(r"^[1-9]\d{0,8}$")
_URL: Final = re.compile(r"^https?://[A-Za-z0-9.-]+\.[A-Za-z]{2,}(?:[/?#]\S*)?$")
_REGISTRY: Final = re.compile(
    r"\b(?:NCT\d{8}|ChiCTR[-\w]{0,6}\d{7,12}|CTR\d{8}|EUCTR\d{4}-\d{6}-\d{2}|EU ?CT ?\d{4}-\d{6}-\d{2}-\d{2}|ISRCTN\d{8}|jRCT\w?\d{9,10}|ACTRN\d{14}|DRKS\d{8}|UMIN\d{9}|KCT\d{7})\b"
)
_DOCUMENT: Final = re.compile(
    r"\b(?:version|ver\.|v|edition|rev(?:ision)?\.?)\s?\d|\b(?:19|20)\d\d(?:-\d\d){0,2}\b|第\s?\d+(?:\.\d+)?\s?版|(?:19|20)\d\d年",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"\b(19[5-9]\d|20\d\d|21\d\d)\b")
#: A statement that only promises what it should show.
_PROMISED: Final = re.compile(
    r"\b(?:(?:stud(?:y|ies)|experiments?|tests?|work|evaluation)s? (?:is|are|was|will be)? ?(?:planned|ongoing|under ?way|to be done|pending))\b"
    r"|\b(?:is|are) planned\b|\bwill be (?:performed|conducted|done|studied|carried out|tested|evaluated|investigated)\b|\bto be (?:performed|conducted|done|tested)\b"
    r"|\bforthcoming\b|\bawaited\b|\byet to (?:be|come)\b|\bin planning\b|待(?:开展|进行|实施|完成|启动)"
    r"|(?:计划|拟|将)(?:开展|进行|实施|研究)|(?:研究|试验)(?:计划中|进行中)|尚未(?:开展|完成|进行)"
)


def well_formed(reference: Reference, on: date) -> bool:
    """Tell whether a reference has the form of something that can be looked up, and is not of a year after a day."""
    years = [int(year) for year in _YEAR.findall(reference.citation)]
    if years and min(years) > on.year:
        return False
    if reference.doi is not None and not _DOI.match(reference.doi.strip()):
        return False
    if reference.pmid is not None and not _PMID.match(reference.pmid.strip()):
        return False
    if reference.url is not None and not _URL.match(reference.url.strip()):
        return False
    if hollow(reference.citation):
        return False
    exact = reference.doi or reference.pmid or reference.url or _REGISTRY.search(reference.citation)
    return bool(exact) or bool(_DOCUMENT.search(reference.citation) and len(plain(reference.citation)) >= 12)


def is_registry_number(text: str) -> bool:
    """Tell whether a text is a number of a trial registry, whole.

    >>> is_registry_number("NCT04295018"), is_registry_number("NCT123")
    (True, False)
    """
    return bool(_REGISTRY.fullmatch(text.strip()))


def evidence_lines(section: object, path: str = "") -> Iterator[tuple[str, Evidence]]:
    """Yield every line of evidence below a section, with its dotted path."""
    if isinstance(section, Evidence):
        yield path, section
        return
    inner: Iterable[tuple[object, object]] = ()
    if isinstance(section, BaseModel):
        inner = ((name, getattr(section, name)) for name in type(section).model_fields)
    elif isinstance(section, Mapping):
        inner = section.items()
    elif isinstance(section, tuple):
        inner = enumerate(section)
    for key, value in inner:
        yield from evidence_lines(value, f"{path}.{key}" if path else str(key))


def promises(item: Evidence) -> bool:
    """Tell whether a statement of evidence only announces what it should show.

    >>> from celltrial.protocol.model.base import Evidence
    >>> promises(Evidence(kind="nonclinical", statement={"en": "A mouse study is planned", "zh": "小鼠研究计划中"}))
    True
    """
    return any(_PROMISED.search(plain(text)) for text in (item.statement.en, item.statement.zh))


def says_something(item: Evidence) -> bool:
    """Tell whether a line of evidence shows anything: neither a placeholder nor a promise."""
    return not hollow(item.statement) and not promises(item)


def resolves(item: Evidence, protocol: Protocol) -> bool:
    """Tell whether a line of evidence says something and points to a listed reference that can be looked up."""
    listed = {one.id: one for one in protocol.references}
    reference = listed.get(item.reference or "")
    on = protocol.identification.version_date
    return reference is not None and says_something(item) and well_formed(reference, on)


def any_resolves(items: Iterable[Evidence], protocol: Protocol) -> bool:
    """Tell whether one line of several can be looked up."""
    return any(resolves(item, protocol) for item in items)


_AGAINST: Final = re.compile(
    r"\brisks? (?:clearly |greatly |far |may |might |would )?(?:outweighs?|exceeds?|(?:is|are) (?:greater|larger|higher|more) than)\b[^.;]{0,60}\bbenefit"
    r"|\bbenefits? (?:does not|do not|doesn't|don't|cannot|fails? to|will not|would not) (?:clearly )?(?:outweigh|exceed|justify)"
    r"|\bbenefits? (?:is|are) (?:less|lower|smaller) than\b|\b(?:unfavou?rable|unacceptable|negative) (?:benefit|balance|risk)|\bnot (?:favou?rable|acceptable|justified)\b"
    r"|风险(?:明显|显著|远|可能)?(?:大于|超过|高于|大过)(?:预期)?(?:临床)?(?:获益|受益)|(?:获益|受益)(?:不|未|不能|无法|未能)(?:能)?(?:大于|超过|高于|抵消)"
    r"|(?:获益|受益)(?:小于|低于|不及)|(?:获益|受益)风险(?:比)?(?:不利|不佳|不可接受|为负)|风险不可接受|(?:获益|受益)不足以(?:抵偿|抵消|弥补|平衡)"
)
_REVERSED: Final = re.compile(
    r"\brisks? (?:does not|do not|doesn't|don't|never) |风险(?:不|未|并不|并未)(?:会)?(?:大于|超过|高于)"
)


def concludes_against(text: str) -> bool:
    """Tell whether a conclusion on benefit and risk speaks against the trial.

    >>> concludes_against("The risk outweighs the benefit"), concludes_against("Risks do not outweigh the benefit")
    (True, False)
    """
    said = plain(text)
    return bool(_AGAINST.search(said)) and not _REVERSED.search(said)
