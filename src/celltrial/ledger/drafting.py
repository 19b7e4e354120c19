"""What every adapter does alike: check what comes, answer a repeated request, chain new records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Final

from celltrial.core.dates import zone
from celltrial.core.errors import ConflictError, Fault, UserError, fault
from celltrial.core.values import message
from celltrial.ledger.port import Clock, Context, Entry, Head
from celltrial.ledger.record import Record, format_utc, line_hash, line_of

#: A trial's signatures are in a chain of their own under this suffix.
SIGNATURES: Final = "~signatures"
SIGNED_TYPE: Final = "ledger.records_signed/1"
_NAME: Final = re.compile(
    r"[^\x00-\x20\x7f~\ud800-\udfff]([^\x00-\x1f\x7f~\ud800-\udfff]*[^\x00-\x20\x7f~\ud800-\udfff])?"
)
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def signature_chain(trial: str) -> str:
    """Return the name of the chain that holds a trial's signatures."""
    return trial + SIGNATURES


def is_trial(chain: object) -> bool:
    """Tell whether a chain is a trial's own, not that of its signatures."""
    return isinstance(chain, str) and not chain.endswith(SIGNATURES)


def check_append(trial: str, entries: Sequence[Entry], context: Context) -> None:
    """Raise every fault of what is to be written: LDG-012 (text), LDG-013 (name), COR-010 (zone)."""
    named = _is_name(trial.removesuffix(SIGNATURES)) and (not context.cause or _NAME.fullmatch(context.cause))
    actor = context.actor
    texts: tuple[str, ...] = (actor.site or "", actor.printed_name, context.reason, context.protocol_version)
    for entry in entries:
        zone(entry.occurred.zone)
        named = named and _is_name(entry.stream) and _is_name(entry.type)
        if entry.actor is not None:
            other = entry.actor
            named = named and _is_name(other.id)
            texts = (*texts, other.site or "", other.printed_name, entry.reason or "")
    foreign = trial.endswith(SIGNATURES) and any(entry.type != SIGNED_TYPE for entry in entries)
    if foreign or not (named and _is_name(actor.id)) or _UNSTORABLE.search("".join(texts)):
        raise UserError(*_faults(trial, entries, context, texts, foreign=foreign))


@lru_cache(maxsize=4096)
def _is_name(text: str) -> bool:
    """Tell whether a text may name a trial, a stream, a type or an account; most come again and again."""
    return _NAME.fullmatch(text) is not None


def _faults(
    trial: str, entries: Sequence[Entry], context: Context, texts: tuple[str, ...], *, foreign: bool
) -> Iterator[Fault]:
    """Yield what is wrong with the names, and then with the texts, of what is to be written."""
    names = [("trial", trial.removesuffix(SIGNATURES)), ("actor", context.actor.id)]
    names += [("actor", entry.actor.id) for entry in entries if entry.actor is not None]
    if context.cause:
        names.append(("cause", context.cause))
    for entry in entries:
        names += [("stream", entry.stream), ("type", entry.type)]
    if foreign:
        names.append(("trial", trial))
    for field, name in names:
        if not _NAME.fullmatch(name):
            form = message("printable_text")
            yield fault("LDG-013", where=field, expected=form, found=ascii(name)[:80])
    fields = ("site", "printed_name", "reason", "protocol_version")
    others = ("site", "printed_name", "reason") * ((len(texts) - len(fields)) // 3)
    for field, text in zip((*fields, *others), texts, strict=True):
        if _UNSTORABLE.search(text):
            form = message("text_without_nul_and_surrogates")
            yield fault("LDG-012", where=field, expected=form, found=ascii(text)[:80])


def repeated(
    before: Sequence[Record], expected: int, head: Head, entries: Sequence[Entry], context: Context
) -> tuple[Record, ...]:
    """Return what the same request wrote before; raise where the content differs.

    LDG-010 (conflict) where the caller had not yet seen the present head, else LDG-011.
    """
    was = [(r.stream, r.type, r.payload, r.occurred, r.zone, r.precision, r.actor) for r in before]
    now = [
        (
            e.stream,
            e.type,
            e.payload,
            format_utc(e.occurred.utc),
            e.occurred.zone,
            e.precision.value,
            (e.actor or context.actor).id,
        )
        for e in entries
    ]
    if was == now:
        return tuple(before)
    check_head(before[0].trial, expected, head)
    raise UserError(fault("LDG-011", where=before[0].trial, cause=context.cause, position=before[0].position))


def check_head(trial: str, expected: int, head: Head) -> None:
    """Raise ConflictError (LDG-010) unless the chain ends where the caller believes."""
    if expected != head.position:
        raise ConflictError(fault("LDG-010", where=trial, expected=expected, found=head.position))


def chain_entries(
    trial: str,
    head: Head,
    version_of: Callable[[str], int],
    entries: Sequence[Entry],
    context: Context,
    clock: Clock,
) -> list[tuple[Record, str]]:
    """Return the records that continue the chain after `head`, each with its line.

    version_of: the present version of a stream, 0 where it is new. The recording time never goes
    back: where the clock is behind the head, the head's time is kept and the clock's name says so.
    """
    recorded, source = format_utc(clock.now()), clock.name
    if recorded < head.recorded:
        recorded, source = head.recorded, f"{clock.name}+held"
    actor, previous = context.actor, head.hash
    who = (actor.id, actor.role.value, actor.site or "", actor.printed_name)
    why = (context.reason, context.cause, context.protocol_version)
    versions: dict[str, int] = {}
    pairs: list[tuple[Record, str]] = []
    for position, entry in enumerate(entries, start=head.position + 1):
        stream, moment = entry.stream, entry.occurred
        versions[stream] = (versions[stream] if stream in versions else version_of(stream)) + 1
        when = (format_utc(moment.utc), moment.zone, entry.precision.value)
        place = (previous, trial, position, stream, versions[stream], recorded, source)
        if entry.actor is None:
            envelope = (*place, entry.type, *when, *who, *why)
        else:
            other = entry.actor
            whose = (other.id, other.role.value, other.site or "", other.printed_name)
            because = context.reason if entry.reason is None else entry.reason
            envelope = (*place, entry.type, *when, *whose, because, *why[1:])
        line = line_of(envelope, entry.payload)
        previous = line_hash(line)
        pairs.append((Record._make((*envelope, entry.payload, previous)), line))
    return pairs
