"""Define-XML 2.1 of a package, made from its specifications and from what its data hold.

Checked in the tests against CDISC's own schema of the format and read back by `odmlib`, an independent reader.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from xml.etree import ElementTree as ET

from celltrial import __version__
from celltrial.exchange.submission.dataset import Cell, Dataset
from celltrial.exchange.submission.spec import CodeList, Standard, Term, Variable

ODM: Final = "http://www.cdisc.org/ns/odm/v1.3"
DEF: Final = "http://www.cdisc.org/ns/def/v2.1"
XLINK: Final = "http://www.w3.org/1999/xlink"
VERSION: Final = "2.1.0"
#: Origin to the words of the format: its type and its source.
_ORIGINS: Final = {
    "protocol": ("Protocol", "Sponsor"),
    "assigned": ("Assigned", "Sponsor"),
    "derived": ("Derived", "Sponsor"),
    "collected": ("Collected", "Investigator"),
    "vendor": ("Collected", "Vendor"),
    "predecessor": ("Predecessor", ""),
}


@dataclass(frozen=True, slots=True)
class About:
    """What a Define-XML says of the study.

    moment: of the last record that the data rest on; it stands for the time of making, so that the same data make the same bytes.
    guide:  file name of the reviewer's guide.
    suffix: of the files of the data sets, such as "xpt".
    """

    trial: str
    description: str
    originator: str
    moment: datetime
    guide: str
    suffix: str


def item_oid(table: str, name: str) -> str:
    """Return the identifier of a column; Dataset-JSON uses the same."""
    return f"IT.{table}.{name}"


def write_define(package: Mapping[str, Dataset], standard: Standard, about: About) -> bytes:
    """Return the Define-XML of a package."""
    for prefix, uri in (("", ODM), ("def", DEF), ("xlink", XLINK)):
        ET.register_namespace(prefix, uri)
    moment = about.moment.isoformat(timespec="seconds")
    root = _element(
        None, ODM, "ODM", ODMVersion="1.3.2", FileOID=f"{about.trial}.define", FileType="Snapshot", CreationDateTime=moment,
        AsOfDateTime=moment, Originator=about.originator or about.trial, SourceSystem="celltrial", SourceSystemVersion=__version__,
    )  # fmt: skip
    root.set(f"{{{DEF}}}Context", "Submission")
    study = _element(root, ODM, "Study", OID=about.trial)
    names = _element(study, ODM, "GlobalVariables")
    for tag, text in (
        ("StudyName", about.trial),
        ("StudyDescription", about.description),
        ("ProtocolName", about.trial),
    ):
        _element(names, ODM, tag).text = text
    version = _element(
        study, ODM, "MetaDataVersion", OID=f"MDV.{about.trial}", Name=f"{about.trial}, {standard.name} {standard.version}",
        Description=f"Data definitions of {about.trial}",
    )  # fmt: skip
    version.set(f"{{{DEF}}}DefineVersion", VERSION)
    _standards(version, standard)
    _element(_element(version, DEF, "SupplementalDoc"), DEF, "DocumentRef", leafID="LF.GUIDE")
    _value_lists(version, package)
    for made in package.values():
        _table(version, made, about)
    for made in package.values():
        for item in made.spec.variables:
            _item(version, made, item, standard)
        _qualifiers(version, made)
    _code_lists(version, package, standard)
    _texts(version, package)
    _leaf(version, "LF.GUIDE", about.guide, "Reviewer's guide")
    ET.indent(root)
    document: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{document}\n'.encode()


def _element(parent: ET.Element | None, space: str, tag: str, /, **attributes: str) -> ET.Element:
    name = f"{{{space}}}{tag}"
    return ET.Element(name, attributes) if parent is None else ET.SubElement(parent, name, attributes)


def _said(parent: ET.Element, tag: str, text: str) -> None:
    inner = _element(_element(parent, ODM, tag), ODM, "TranslatedText")
    inner.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    inner.text = text


def _standards(version: ET.Element, standard: Standard) -> None:
    group = _element(version, DEF, "Standards")
    _element(
        group, DEF, "Standard", OID="STD.IG", Name=standard.name, Type="IG", Version=standard.version, Status="Final"
    )
    _element(
        group, DEF, "Standard", OID="STD.CT", Name="CDISC/NCI", Type="CT", PublishingSet="SDTM", Version=standard.release,
        Status="Final",
    )  # fmt: skip


def _qnams(made: Dataset) -> list[tuple[str, str]]:
    """Return the qualifiers of a supplemental table with their labels."""
    if not made.has("QNAM"):
        return []
    return sorted({(str(row["QNAM"]), str(row["QLABEL"])) for row in made.rows})


def _value_lists(version: ET.Element, package: Mapping[str, Dataset]) -> None:
    tables = [(made, _qnams(made)) for made in package.values()]
    for made, names in tables:
        if names:
            listed = _element(version, DEF, "ValueListDef", OID=f"VL.{made.name}.QVAL")
            for number, (name, _) in enumerate(names, start=1):
                reference = _element(
                    listed,
                    ODM,
                    "ItemRef",
                    ItemOID=f"{item_oid(made.name, 'QVAL')}.{name}",
                    OrderNumber=str(number),
                    Mandatory="No",
                )
                _element(reference, DEF, "WhereClauseRef", WhereClauseOID=f"WC.{made.name}.{name}")
    for made, names in tables:
        for name, _ in names:
            clause = _element(version, DEF, "WhereClauseDef", OID=f"WC.{made.name}.{name}")
            check = _element(clause, ODM, "RangeCheck", Comparator="EQ", SoftHard="Soft")
            check.set(f"{{{DEF}}}ItemOID", item_oid(made.name, "QNAM"))
            _element(check, ODM, "CheckValue").text = name


def _table(version: ET.Element, made: Dataset, about: About) -> None:
    spec = made.spec
    once = spec.kind == "TRIAL DESIGN"
    group = _element(
        version, ODM, "ItemGroupDef", OID=f"IG.{made.name}", Name=made.name, Repeating="No" if once or made.name == "DM" else "Yes",
        IsReferenceData="Yes" if once else "No", SASDatasetName=made.name, Domain=_domain(made), Purpose=_purpose(spec.kind),
    )  # fmt: skip
    group.set(f"{{{DEF}}}Structure", spec.structure)
    group.set(f"{{{DEF}}}StandardOID", "STD.IG")
    group.set(f"{{{DEF}}}ArchiveLocationID", f"LF.{made.name}")
    _said(group, "Description", spec.label)
    for order, item in enumerate(spec.variables, start=1):
        reference = _element(
            group, ODM, "ItemRef", ItemOID=item_oid(made.name, item.name), OrderNumber=str(order),
            Mandatory="Yes" if item.core == "req" else "No",
        )  # fmt: skip
        if item.name in spec.keys:
            reference.set("KeySequence", str(spec.keys.index(item.name) + 1))
        if item.origin == "derived" and item.method:
            reference.set("MethodOID", f"MT.{made.name}.{item.name}")
        if not any(row[item.name] not in {None, ""} for row in made.rows):
            reference.set(f"{{{DEF}}}HasNoData", "Yes")
    _element(group, DEF, "Class", Name=spec.kind)
    _leaf(group, f"LF.{made.name}", f"{made.name.lower()}.{about.suffix}", f"{made.name.lower()}.{about.suffix}")


def _domain(made: Dataset) -> str:
    if made.has("DOMAIN") and made.rows:
        return str(made.rows[0]["DOMAIN"])
    return made.name.removeprefix("SUPP") if made.name.startswith("SUPP") else made.name


def _purpose(kind: str) -> str:
    return (
        "Analysis"
        if "ANALYSIS" in kind or kind.startswith(("ADAM", "BASIC", "SUBJECT LEVEL", "OCCURRENCE"))
        else "Tabulation"
    )


def _leaf(parent: ET.Element, identifier: str, href: str, title: str) -> None:
    leaf = _element(parent, DEF, "leaf", ID=identifier)
    leaf.set(f"{{{XLINK}}}href", href)
    _element(leaf, DEF, "title").text = title


def _item(version: ET.Element, made: Dataset, item: Variable, standard: Standard) -> None:
    values = [value for value in made.column(item.name) if value not in {None, ""}]
    found = _element(version, ODM, "ItemDef", OID=item_oid(made.name, item.name), Name=item.name)
    found.attrib |= _shape(item, values)
    found.set("SASFieldName", item.name)
    if item.type == "date":
        found.set(f"{{{DEF}}}DisplayFormat", "DATE9.")
    if item.method and item.origin != "derived":
        found.set(f"{{{DEF}}}CommentOID", f"COM.{made.name}.{item.name}")
    _said(found, "Description", item.label)
    if _listed(standard, item, values):
        _element(found, ODM, "CodeListRef", CodeListOID=f"CL.{item.codes}")
    kind, source = _ORIGINS[item.origin]
    origin = _element(found, DEF, "Origin", Type=kind)
    if source:
        origin.set("Source", source)
    else:
        _said(origin, "Description", item.method)
    if item.name == "QVAL" and _qnams(made):
        _element(found, DEF, "ValueListRef", ValueListOID=f"VL.{made.name}.QVAL")


def _qualifiers(version: ET.Element, made: Dataset) -> None:
    """Write what each supplemental qualifier holds."""
    for name, label in _qnams(made):
        rows = [row for row in made.rows if row["QNAM"] == name]
        found = _element(version, ODM, "ItemDef", OID=f"{item_oid(made.name, 'QVAL')}.{name}", Name=name)
        found.attrib |= {"DataType": "text", "Length": str(max(len(str(row["QVAL"]).encode()) for row in rows))}
        found.set("SASFieldName", name)
        _said(found, "Description", label)
        kind, source = _ORIGINS[
            {"DERIVED": "derived", "ASSIGNED": "assigned"}.get(str(rows[0]["QORIG"]).upper(), "collected")
        ]
        _element(found, DEF, "Origin", Type=kind, Source=source)


def _shape(item: Variable, values: Sequence[Cell]) -> dict[str, str]:
    """Return type, length and digits of a column as its data need them."""
    if item.type == "datetime":
        lengths = {len(str(value)) for value in values}
        whole = {frozenset({10}): "date", frozenset({16}): "partialDatetime", frozenset({19}): "datetime"}
        return {
            "DataType": whole.get(
                frozenset(lengths), "partialDatetime" if max(lengths, default=0) > 10 else "partialDate"
            )
        }
    if item.type == "date":
        return {"DataType": "integer", "Length": "8"}
    if item.type == "text":
        return {"DataType": "text", "Length": str(max((len(str(value).encode()) for value in values), default=1))}
    shown = [_digits(value) for value in values if isinstance(value, int | float)]
    length = max((len(text.replace(".", "").replace("-", "")) for text in shown), default=1)
    if item.type == "integer":
        return {"DataType": "integer", "Length": str(length)}
    digits = max((len(text.partition(".")[2]) for text in shown), default=0)
    return {"DataType": "float", "Length": str(length), "SignificantDigits": str(digits)}


def _digits(value: float) -> str:
    """Return a number in full, without an exponent."""
    text = f"{value:.12f}" if isinstance(value, float) and abs(value) < 1e-4 and value else f"{value:.15g}"
    if "e" in text:
        text = f"{value:.0f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _listed(standard: Standard, item: Variable, values: Iterable[Cell]) -> tuple[CodeList, list[Term]] | None:
    """Return the code list of a column with the terms to write; None where it has none or nothing to list.

    A list that may be extended has the values that occur, any other all that it has.
    """
    known = standard.codes.get(item.codes)
    if known is None:
        return None
    used = {str(value) for value in values}
    terms = (
        list(known.terms)
        if not known.extensible
        else [known.values.get(text, Term(text, "", "", own=False)) for text in sorted(used)]
    )
    return (known, terms) if terms else None


def _code_lists(version: ET.Element, package: Mapping[str, Dataset], standard: Standard) -> None:
    merged: dict[str, tuple[CodeList, dict[str, Term], str]] = {}
    for made in package.values():
        for item in made.spec.variables:
            found = _listed(standard, item, [value for value in made.column(item.name) if value not in {None, ""}])
            if found is not None:
                known, terms = found
                held = merged.setdefault(known.name, (known, {}, "text" if item.is_text else item.type))
                held[1].update({term.value: term for term in terms})
    for name, (known, held_terms, kind) in sorted(merged.items()):
        every = sorted(held_terms.values(), key=lambda term: term.value)
        listed = _element(version, ODM, "CodeList", OID=f"CL.{name}", Name=known.label, DataType=kind)
        ours = not known.code and all(term.own for term in known.terms) and bool(known.terms)
        listed.set(*((f"{{{DEF}}}IsNonStandard", "Yes") if ours else (f"{{{DEF}}}StandardOID", "STD.CT")))
        decoded = all(term.decode for term in every)
        for term in every:
            entry = _element(listed, ODM, "CodeListItem" if decoded else "EnumeratedItem", CodedValue=term.value)
            if term.own and not ours:
                entry.set(f"{{{DEF}}}ExtendedValue", "Yes")
            if decoded:
                _said(entry, "Decode", term.decode)
            if term.code:
                _element(entry, ODM, "Alias", Context="nci:ExtCodeID", Name=term.code)
        if known.code:
            _element(listed, ODM, "Alias", Context="nci:ExtCodeID", Name=known.code)


def _derived(package: Mapping[str, Dataset], *, derived: bool) -> Iterator[tuple[str, Variable]]:
    for made in package.values():
        for item in made.spec.variables:
            if item.method and (item.origin == "derived") is derived and item.origin != "predecessor":
                yield made.name, item


def _texts(version: ET.Element, package: Mapping[str, Dataset]) -> None:
    """Write the methods of what is derived and the comments on the rest."""
    for table, item in _derived(package, derived=True):
        method = _element(
            version, ODM, "MethodDef", OID=f"MT.{table}.{item.name}", Name=f"{table}.{item.name}", Type="Computation"
        )
        _said(method, "Description", item.method)
    for table, item in _derived(package, derived=False):
        _said(_element(version, DEF, "CommentDef", OID=f"COM.{table}.{item.name}"), "Description", item.method)
