"""What the parser of the command line refuses, as faults of ours with texts in both languages."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

from celltrial.core.errors import Fault, fault

if TYPE_CHECKING:
    from typer.exceptions import TyperException


#: What an unknown command and a surplus word are called in the parser's own message; it keeps them nowhere else.
_NAMED: Final = re.compile(
    r"No such command '(.*?)'\.|unexpected extra arguments? \((.*)\)|unexpected extra argument\(s\) \((.*)\)"
)


def usage_fault(error: TyperException) -> Fault:
    """Return what is wrong with the words of a command: where, what was found, what would be right.

    APP-160: something required is missing; APP-161: no such command; APP-162: no such option; APP-163: an option without
    its value; APP-164: a switch with a value; APP-165: a value of another kind; APP-166: a word too many; APP-167:
    anything else, in the parser's own words.
    """
    context = getattr(error, "ctx", None)
    where = context.command_path if context is not None else "celltrial"
    kind = type(error).__name__
    if kind == "MissingParameter":
        return fault("APP-160", where, expected=_name_of(error))
    if kind == "NoSuchOption":
        known = [name for item in _parameters(context) for name in (*item.opts, *item.secondary_opts)]
        option: str = getattr(error, "option_name", "")
        return fault("APP-162", where, found=option, expected=", ".join(_near(option, known)) or f"{where} --help")
    if kind == "BadOptionUsage":
        takes_none = "not take a value" in error.message
        return fault("APP-164" if takes_none else "APP-163", where, found=getattr(error, "option_name", ""))
    if kind == "BadParameter":
        return _bad_value(error, where)
    named = _NAMED.search(error.message)
    if named is None:
        return fault("APP-167", where, found=error.message)
    if named[1] is not None:
        commands = list(getattr(getattr(context, "command", None), "commands", {}))
        return fault("APP-161", where, found=named[1], expected=", ".join(_near(named[1], commands) or commands))
    return fault("APP-166", where, found=named[2] or named[3])


def usage_pieces(error: TyperException) -> str:
    """Return the command and what follows it, such as `celltrial simulate [OPTIONS] {protocol}`; "" where unknown."""
    context = getattr(error, "ctx", None)
    return "" if context is None else " ".join([context.command_path, *context.command.collect_usage_pieces(context)])


def _parameters(context: Any) -> list[Any]:
    return [] if context is None else list(context.command.params)


def _near(word: str, known: list[str]) -> list[str]:
    return difflib.get_close_matches(word, known)


def _name_of(error: Any) -> str:
    """Return an option by its words, `--lang / -l`, and an argument by its name in capitals."""
    parameter = error.param
    if parameter is None:
        return str(error.param_hint or "?")
    if parameter.param_type_name == "argument":
        return str(parameter.name).upper()
    return " / ".join((*parameter.opts, *parameter.secondary_opts))


def _bad_value(error: Any, where: str) -> Fault:
    from pydantic import ValidationError

    from celltrial.core.values import Identifier, one_of
    from celltrial.protocol.form_faults import expected_of, shown_value

    cause = error.__cause__
    if error.param is None or not isinstance(cause, ValidationError):
        return fault("APP-167", where, found=error.format_message())
    item = cause.errors(include_url=False)[0]
    choices = getattr(getattr(error.param.type_descriptor, "annotation", None), "__members__", None)
    expected = one_of(*(Identifier(one.value) for one in choices.values())) if choices else expected_of(dict(item))
    return fault("APP-165", where, field=_name_of(error), expected=expected, found=shown_value(item["input"]))
