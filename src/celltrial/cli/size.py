"""`celltrial size`: sample size, power, boundaries and enrolment from parameters alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from celltrial.cli.options import JsonOption, LanguageChoice, LanguageOption, SeedOption

if TYPE_CHECKING:
    from celltrial.app.sizing import Sized
    from celltrial.locale import Language


def size(
    key: Annotated[str | None, typer.Argument(help="Key of a design; without one the keys are listed.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", "-p", help="A parameter, name=value; lists and mappings as JSON.")
    ] = None,
    example: Annotated[bool, typer.Option("--example", help="Show the design's example parameters.")] = False,
    seed: SeedOption = 1,
    json: JsonOption = False,
    lang: LanguageOption = LanguageChoice.EN,
) -> None:
    """Compute a sample size, a power, boundaries or an enrolment from parameters alone."""
    from celltrial.app.sizing import compute, parse_params
    from celltrial.cli.terminal import print_json

    if key is None:
        _list_keys(lang.language, json=json)
    elif example:
        _show_example(key, json=json)
    else:
        sized = compute(key, parse_params(param or []), seed=seed)
        if json:
            print_json(computed(sized))
        else:
            show_sized(sized, lang.language)


def computed(sized: Sized) -> dict[str, Any]:
    """Return a computed design as plain data, its sentence in both languages."""
    from celltrial.app.sizing import plain
    from celltrial.locale import LANGUAGES, translate

    return {
        "key": sized.key,
        "method": _method(sized),
        "seed": sized.seed,
        "params": plain(sized.params),
        "result": plain(sized.result),
        "sentence": {
            language: translate(sized.sentence.id, language, **sized.sentence.params) for language in LANGUAGES
        },
    }


def show_sized(sized: Sized, language: Language) -> None:
    """Print a computed design: the sentence in both languages, the asked one first; parameters, result and method."""
    from celltrial.app.sizing import flat, plain, shown_value
    from celltrial.cli.terminal import print_table
    from celltrial.locale import LANGUAGES, translate

    print(translate("cli.size.sentence", language))
    for one in sorted(LANGUAGES, key=lambda item: item != language):
        print("  " + translate(sized.sentence.id, one, **sized.sentence.params))
    print()
    heads = [translate(f"cli.size.{name}", language) for name in ("field", "value")]
    params = [(name, shown_value(value)) for name, value in flat(plain(sized.params))]
    print_table(translate("cli.size.params", language, key=sized.key), heads, params, left=2)
    if sized.result is not None:
        result = plain(sized.result)
        if isinstance(result, dict):
            result.pop("params", None)  # shown above
        rows = [(name, shown_value(value)) for name, value in flat(result, "" if isinstance(result, dict) else "n")]
        print_table(translate("cli.size.result", language), heads, rows, left=2)
        print(translate(f"cli.size.method.{_method(sized)}", language, seed=sized.seed))


def _method(sized: Sized) -> str:
    if sized.row.allocates:
        return "allocation"
    return "computed" if sized.row.exact else "simulated"


def _list_keys(language: Language, *, json: bool) -> None:
    from dataclasses import fields

    from celltrial.app.sizing import sizing_tables
    from celltrial.cli.terminal import print_json, print_table
    from celltrial.locale import translate

    tables = sizing_tables()
    names = {
        group: {key: [field.name for field in fields(row.params)] for key, row in rows.items()}
        for group, rows in tables.items()
    }
    if json:
        print_json(names)
        return
    heads = [translate(f"cli.size.{name}", language) for name in ("key", "parameters")]
    for group, rows in names.items():
        print_table(
            translate(f"cli.size.group.{group}", language),
            heads,
            [(key, ", ".join(given)) for key, given in rows.items()],
            left=2,
        )


def _show_example(key: str, *, json: bool) -> None:
    import shlex

    from celltrial.app.sizing import example_of, plain
    from celltrial.cli.terminal import print_json

    params = plain(example_of(key))
    if json:
        print_json(params)
        return
    words = [shlex.quote(f"{name}={_word(value)}") for name, value in params.items() if value is not None]
    print(" \\\n  ".join([f"celltrial size {key}", *(f"--param {word}" for word in words)]))


def _word(value: Any) -> str:
    import json

    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
