"""`celltrial commands`: what may be asked of a trial, by whom, with which fields."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption

if TYPE_CHECKING:
    from celltrial.forms.description import CommandForm
    from celltrial.locale import Language


def commands(
    command: Annotated[
        str | None, typer.Argument(help="Name of a command, such as ReportAdverseEvent; all of them unless given.")
    ] = None,
    json: JsonOption = False,
    schema: Annotated[
        bool, typer.Option("--json-schema", help="Print the JSON Schema of the command's fields.")
    ] = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """List the commands of a trial with who may give each; of one, its fields, codes, ranges and an example."""
    from celltrial.app.acting import form_of
    from celltrial.cli.terminal import print_json
    from celltrial.forms.description import forms

    language = lang.language
    if command is None:
        if json:
            print_json([_summary(form, language) for form in forms()])
        else:
            _list(language)
        return 0
    form = form_of(command)
    if schema:
        print_json(schema_of(form, language))
    elif json:
        print_json({**_summary(form, language), **_fields(form, language)})
    else:
        print(help_text(form, language))
    return 0


def schema_of(form: CommandForm, language: Language) -> dict[str, Any]:
    """Return the JSON Schema of a command with titles and descriptions in one language."""
    from celltrial.forms.schema import json_schema
    from celltrial.locale.form_words import command_title
    from celltrial.locale.wording import field_text

    def words(field: Any) -> tuple[str, str]:
        place = f"{field.owner}.{field.name}"
        return field_text(place, language), field_text(place, language, "form.help.field")

    return json_schema(form, words, command_title(form, language))


def help_text(form: CommandForm, language: Language) -> str:
    """Return what a person has to know to give a command."""
    import json

    from celltrial.forms.examples import example
    from celltrial.locale import translate
    from celltrial.locale.form_words import command_help, command_title, field_words

    lines = [f"{form.name}: {command_title(form, language)}", command_help(form, language)]
    lines += [translate("form.who", language, roles=_roles(form, language)), ""]
    for item in field_words(form, language):
        lead = "  " * (item.depth + 1)
        lines.append(f"{lead}{item.path}  [{item.kind}; {item.needed}]")
        lines.append(f"{lead}    {translate('form.named', language, label=item.label, help=item.help)}")
        if item.allowed:
            lines.append(f"{lead}    {item.allowed}")
    shown = json.dumps(example(form), ensure_ascii=False)
    lines += [
        "",
        translate("form.example", language),
        f"  celltrial act LEDGER {form.name} --trial TRIAL --fields '{shown}'",
    ]
    return "\n".join(lines)


def _list(language: Language) -> None:
    from celltrial.forms.description import forms
    from celltrial.locale import translate
    from celltrial.locale.form_words import command_title

    for area, held in groupby(forms(), key=lambda form: form.area):
        print(translate(f"form.area.{area}", language))
        for form in held:
            who = translate("form.who", language, roles=_roles(form, language))
            named = translate("form.named", language, label=command_title(form, language), help=who)
            print(f"  {form.name}: {named}")


def _roles(form: CommandForm, language: Language) -> str:
    from celltrial.locale import translate
    from celltrial.locale.wording import in_words

    return translate("value.comma", language).join(in_words(role, language) for role in form.roles)


def _summary(form: CommandForm, language: Language) -> dict[str, Any]:
    from celltrial.locale.form_words import command_help, command_title

    return {
        "name": form.name,
        "area": form.area,
        "title": command_title(form, language),
        "help": command_help(form, language),
        "roles": [role.value for role in form.roles],
    }


def _fields(form: CommandForm, language: Language) -> dict[str, Any]:
    from celltrial.forms.examples import example

    return {"fields": [_field(item, language) for item in form.fields], "example": example(form)}


def _field(field: Any, language: Language) -> dict[str, Any]:
    from celltrial.locale.form_words import default_data, group_title
    from celltrial.locale.wording import field_text, in_words

    place = f"{field.owner}.{field.name}"
    found = {
        "name": field.name,
        "label": in_words(field.label, language),
        "help": field_text(place, language, "form.help.field"),
        "kind": field.kind.value,
        "required": field.required,
        "several": field.repeated,
        "computed": field.computed,
        "group": {"code": field.group.value, "text": group_title(field, language)},
        "unit": field.said.unit,
        "codes": [{"code": item.value, "text": in_words(item, language)} for item in field.codes],
        "low": None if field.said.low is None else str(field.said.low),
        "low_included": not field.said.above,
        "high": None if field.said.high is None else str(field.said.high),
        "fields": [_field(item, language) for item in field.fields],
    }
    return found if field.required else {**found, "default": default_data(field)}
