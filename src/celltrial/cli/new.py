"""`celltrial new`: start a protocol from a template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli.options import LanguageChoice, LanguageOption


def new(
    out: Annotated[Path, typer.Argument(help="The file to write.")] = Path("protocol.yaml"),
    template: Annotated[str, typer.Option("--template", "-t", help="Name of the template.")] = "car-t-escalation",
    list_all: Annotated[bool, typer.Option("--list", help="List the templates; write nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Write a new protocol from a template; it reviews without a schema error."""
    from celltrial.app.files import refuse_existing, write_text
    from celltrial.locale import translate
    from celltrial.protocol.templates import DEFAULT_TEMPLATE, template_names, template_text

    if list_all:
        for name in template_names():
            print(f"{name:<24}{translate(f'cli.new.title.{name}', lang.language)}")
        return
    text = template_text(template)
    refuse_existing(out, force=force)
    write_text(out, text)
    print(translate("cli.new.written", lang.language, path=out, template=template))
    if template != DEFAULT_TEMPLATE:
        print(translate("cli.new.published", lang.language))
