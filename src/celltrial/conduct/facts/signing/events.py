"""Facts about acts that need more than one person: asked for, signed each in the own session, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from celltrial.core.dates import Instant


class Part(StrEnum):
    """What a person is to an act beside the one who began it; the value is the field of the command."""

    SIGNATURES = "signatures"
    WITNESS = "witness"
    SIGNER = "signer"


@dataclass(frozen=True, slots=True)
class NeededSignature:
    """A signature that an act still needs; any of these roles may give it, every role where there are none."""

    part: Part
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SignatureRequested:
    """An act was asked for and waits for other persons; who began it is in the envelope.

    signing: identifier, the first characters of the hash.
    command: name of the command.
    content: canonical JSON of the act as it is to be signed: trial, command with its fields, who began it, when, why.
    sha256:  of the content; every signature is given over it.
    about:   stream of the subject, batch or site that it is about.
    expires: from then on it cannot be signed any more.
    """

    signing: str
    command: str
    content: str
    sha256: str
    about: str
    needed: tuple[NeededSignature, ...]
    expires: Instant


@dataclass(frozen=True, slots=True)
class SignatureGiven:
    """The person in the envelope signed the content of this hash, in that role, in the own session.

    components: what was proved anew to sign; () in a rehearsal of typed identities.
    session:    name of the session; "" in such a rehearsal.
    """

    signing: str
    sha256: str
    part: Part
    meaning: str
    components: tuple[str, ...]
    session: str


@dataclass(frozen=True, slots=True)
class SignatureDeclined:
    """The person in the envelope refuses to sign, and says why; the act will not take place."""

    signing: str
    why: str


@dataclass(frozen=True, slots=True)
class SignatureWithdrawn:
    """Whoever began the act does not ask any more."""

    signing: str
    why: str


@dataclass(frozen=True, slots=True)
class SignedActCarriedOut:
    """The last signature was given, the act was judged again and took effect; its facts follow."""

    signing: str
