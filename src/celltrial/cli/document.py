"""`celltrial document`: the protocol as a document in the section order of ICH M11."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from celltrial.cli.options import LanguageChoice, LanguageOption, ProtocolArgument


def document(
    protocol: ProtocolArgument,
    out: Annotated[Path, typer.Option("--out", "-o", help="The file to write: .html or .docx.")] = Path(
        "protocol.html"
    ),
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    final: Annotated[
        bool, typer.Option("--final", help="Refuse to write a document with a section that the protocol does not fill.")
    ] = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Write the protocol as a document in the section order of ICH M11, as HTML or DOCX; names the sections left empty."""
    from celltrial.app.document import write_protocol
    from celltrial.app.planning import open_protocol
    from celltrial.locale import translate

    unstated = write_protocol(open_protocol(protocol), out, lang.language, force=force, final=final)
    print(translate("cli.document.written", lang.language, path=out.resolve()))
    if unstated:
        print(translate("cli.document.unstated", lang.language, count=len(unstated)))
        for section in unstated:
            print(f"  {section}")
