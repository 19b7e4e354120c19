"""`celltrial serve`: run a trial in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from celltrial.cli.options import LanguageChoice, LanguageOption, SecretsOption

if TYPE_CHECKING:
    from celltrial.locale import Language


def serve(
    ledger: Annotated[
        str | None, typer.Argument(help="The ledger: a file, or postgresql://...", show_default=False)
    ] = None,
    accounts: Annotated[
        str | None,
        typer.Option(
            "--accounts",
            envvar="CELLTRIAL_ACCOUNTS",
            help="The ledger of accounts; LEDGER.accounts unless given.",
            show_default=False,
        ),
    ] = None,
    secrets: SecretsOption = None,
    host: Annotated[str, typer.Option("--host", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen on.")] = 8000,
    origin: Annotated[
        str,
        typer.Option(
            "--origin",
            help="Address by which people reach the site, https://..., where a proxy with TLS stands before it.",
        ),
    ] = "",
    administrator: Annotated[
        str,
        typer.Option("--administrator", help="Account of the first administrator, where there are no accounts yet."),
    ] = "administrator",
    name: Annotated[str, typer.Option("--name", help="Printed name of the first administrator.")] = "Administrator",
    create: Annotated[bool, typer.Option("--create", help="Make the ledger where there is none.")] = False,
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Open a virtual trial in mid-course, with one person per role to look around as."),
    ] = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> int:
    """Serve the site of a ledger until it is stopped; prints its address, and at the first start a passphrase for once."""
    from importlib.util import find_spec

    from celltrial.core.errors import UserError, fault

    missing = [name for name in ("django", "ninja", "gunicorn", "segno") if find_spec(name) is None]
    if missing:
        raise UserError(fault("APP-263", found=", ".join(missing)))
    if demo:
        return _demo(host, port, lang.language)
    if ledger is None:
        raise UserError(fault("APP-262"))
    from celltrial.app.accounts import initialise
    from celltrial.app.serving import accounts_of, has_accounts, key_of, make_ledger
    from celltrial.cli.answers import show_answer
    from celltrial.conduct.ruling import Refused
    from celltrial.locale import translate
    from celltrial.site.server import Place, check_place
    from celltrial.site.server import serve as run

    book = accounts or accounts_of(ledger)
    place = Place(ledger, book, secrets, key_of(ledger), host, port, origin)
    check_place(place)
    make_ledger(ledger, create=create)
    issued = ""
    if not has_accounts(book):
        answer = initialise(book, secrets, administrator, name)
        if isinstance(answer, Refused):
            return show_answer(answer, "serve", lang.language)
        issued = answer

    def ready() -> None:
        print(translate("cli.serve.ready", lang.language, address=place.address), flush=True)
        if issued:
            print(translate("cli.serve.first", lang.language, account=administrator, passphrase=issued), flush=True)

    run(place, ready)
    return 0


def _demo(host: str, port: int, language: Language) -> int:
    """Serve a demonstration from a folder that goes with it."""
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from celltrial.app.demonstrating import make_demo
    from celltrial.cli.progress import shown_progress
    from celltrial.locale import translate
    from celltrial.site.server import Place
    from celltrial.site.server import serve as run

    with TemporaryDirectory(prefix="celltrial-demo-", ignore_cleanup_errors=True) as folder:
        with shown_progress(language) as progress:
            ledger, accounts, demo = make_demo(Path(folder), progress)
        place = Place(ledger, accounts, None, Path(folder) / "site-key", host, port)
        run(place, lambda: print(translate("cli.serve.demo", language, address=place.address), flush=True), demo)
    return 0
