"""`celltrial file` and `celltrial documents`: put a document on record by its hash, list what is on record about something."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli.options import (
    AccountOption,
    JsonOption,
    LanguageChoice,
    LanguageOption,
    NameOption,
    NowOption,
    RoleOption,
    SiteOption,
    TrialOption,
    ZoneOption,
)

if TYPE_CHECKING:
    from celltrial.conduct.facts.document.state import DocumentState


def file(
    ledger: Annotated[str, typer.Argument(help="The ledger: a file, or postgresql://...", show_default=False)],
    path: Annotated[Path, typer.Argument(help="The document: PDF, JPEG, PNG or plain text.", show_default=False)],
    kind: Annotated[str, typer.Option("--kind", help="What it is, such as consent_form.", show_default=False)],
    about: Annotated[str, typer.Option("--about", help="What it is about, such as subject/P1.", show_default=False)],
    on: Annotated[datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Day that it bears.", show_default=False)],
    document: Annotated[str, typer.Option("--document", help="Identifier; made from its hash unless given.")] = "",
    pages: Annotated[int | None, typer.Option("--pages", min=1, help="Number of its pages.")] = None,
    hash_only: Annotated[
        bool, typer.Option("--hash-only", help="Put only its hash on record; its bytes stay where they are.")
    ] = False,
    closed: Annotated[
        bool, typer.Option("--closed", help="It reveals an arm or product: blinded persons cannot open it.")
    ] = False,
    trial: TrialOption = None,
    role: RoleOption = None,
    account: AccountOption = None,
    site: SiteOption = None,
    name: NameOption = "",
    at: Annotated[str | None, typer.Option("--at", help="When it was filed; now unless given.")] = None,
    zone: ZoneOption = None,
    now: NowOption = None,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Put a document on record as the logged-in person; its bytes are kept beside the ledger under their hash."""
    from celltrial.app.documents import MOST_BYTES, documents_folder, filing, put_on_record, read_document
    from celltrial.app.files import read_bytes
    from celltrial.app.persons import Identity, open_acting
    from celltrial.app.session import only_trial
    from celltrial.cli.answers import show_answer
    from celltrial.conduct.vocabulary import DocumentKind
    from celltrial.core.errors import UserError, fault
    from celltrial.ledger.opening import open_ledger

    if kind not in set(DocumentKind):
        raise UserError(fault("APP-414", kind, expected=", ".join(DocumentKind)))
    made = read_document(read_bytes(path, most=MOST_BYTES), path.name)
    command = filing(
        made, document, DocumentKind(kind), about, on.date(), pages=pages, kept=not hash_only, closed=closed
    )
    with open_ledger(ledger) as opened:
        which = only_trial(opened, trial)
    who = Identity(role, account, site, name)
    with open_acting(ledger, which, who, command=command, at=at, zone=zone, now=now) as (session, acting, moment):
        answer = put_on_record(session, acting, moment, command, made, documents_folder(ledger))
    return show_answer(answer, "FileDocument", lang.language, json=json, ledger=ledger)


def documents(
    ledger: Annotated[str, typer.Argument(help="The ledger: a file, or postgresql://...", show_default=False)],
    about: Annotated[str, typer.Option("--about", help="Only what is about this, such as subject/P1.")] = "",
    trial: TrialOption = None,
    acting_as: RoleOption = None,
    account: AccountOption = None,
    site: SiteOption = None,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """List the documents on record that you may read, and whether their bytes lie beside the ledger and match."""
    from celltrial.app.documents import Kept, documents_folder, found
    from celltrial.app.persons import Identity, who_reads
    from celltrial.app.reading_once import state_for
    from celltrial.cli.terminal import print_json
    from celltrial.conduct.acts.account.blinding import HIDDEN
    from celltrial.conduct.acts.account.reach import state_for as as_read
    from celltrial.locale import translate
    from celltrial.locale.wording import in_words

    language = lang.language
    acting = who_reads(ledger, trial, Identity(acting_as, account, site))
    _, _, state = state_for(ledger, trial, acting.actor if acting is not None else None)
    state = as_read(state, acting.actor) if acting is not None else state
    folder = documents_folder(ledger)
    rows = [item for item in state.documents.values() if not about or item.about == about]

    def kept(item: DocumentState) -> str:
        if item.filed.sha256 == HIDDEN:
            return ""
        return found(folder, item.filed.sha256) if item.filed.kept else Kept.ELSEWHERE

    if json:
        print_json([{**_data(item), "content": kept(item)} for item in rows])
        return 0
    if not rows:
        print(translate("cli.documents.none", language))
    for item in rows:
        filed, place = item.filed, kept(item)
        word = translate(f"cli.documents.{place}" if place else "cli.documents.closed", language)
        said: dict[str, Any] = {"document": filed.document, "kind": in_words(filed.kind, language), "about": item.about}
        print(translate("cli.documents.one", language, on=filed.on, name=filed.name, kept=word, **said))
        if item.withdrawn:
            print("  " + translate("cli.documents.withdrawn", language, why=item.withdrawn))
    return 0


def _data(item: DocumentState) -> dict[str, Any]:
    filed = item.filed
    return {
        "document": filed.document, "kind": filed.kind.value, "about": item.about, "on": filed.on.isoformat(),
        "sha256": filed.sha256, "size": filed.size, "name": filed.name, "media": filed.media, "pages": filed.pages,
        "kept": filed.kept, "closed": filed.closed, "filed": item.at.utc.isoformat(), "by": item.by, "withdrawn": item.withdrawn,
    }  # fmt: skip
