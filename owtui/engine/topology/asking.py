"""The one command line that asks a device for all documents that are wanted of it; pure.

Each format has a shell of its own, so that none ends the others; a line behind each document tells
how it ended, which also proves that it is whole when the rest was cut off by a deadline.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from owtui.engine.topology.formats.base import Format
from owtui.errors import Failure, Kind

_NOT_FOUND = 127  # POSIX: the shell found no such command


@dataclass(frozen=True, slots=True)
class Answer:
    """What a device told: a document by format id, or why there is none.

    at: the moment by the device's own clock, on which the ages in its documents are to be judged
    """

    documents: Mapping[str, bytes] = field(default_factory=dict)
    failures: Mapping[str, Failure] = field(default_factory=dict)
    at: datetime | None = None


def script(token: str, formats: Sequence[Format]) -> str:
    """Return the command line; `token` is at least 16 unguessable letters or digits."""
    parts = (
        f"echo '{token} {number}'; ({format_.command}) </dev/null 2>/dev/null;"
        f' echo "\n{token} {number} $?"'
        for number, format_ in enumerate(formats)
    )
    return "; ".join((f'echo "{token} clock $(date +%s)"', *parts))


def read(output: bytes, token: str, formats: Sequence[Format], name: str) -> Answer:
    """Sort what `script` printed; `name` is the device's, for sentences."""
    documents: dict[str, bytes] = {}
    failures: dict[str, Failure] = {}
    for number, format_ in enumerate(formats):
        found = re.search(
            rb"(?ms)^%b %d\r?\n(.*?)^%b %d (\d+)\r?$"
            % (re.escape(token.encode()), number, re.escape(token.encode()), number),
            output,
        )
        if found is None:
            failures[format_.id] = Failure(
                Kind.TIMEOUT,
                f"{name} did not finish telling its topology as {format_.title}.",
                "Ask it for fewer formats at once, or raise the deadline.",
            )
        elif (document := found[1].removesuffix(b"\n")).strip() or found[2] == b"0":
            documents[format_.id] = document
        else:
            failures[format_.id] = _failure(int(found[2]), format_, name)
    return Answer(documents, failures, _clock(output, token))


def _clock(output: bytes, token: str) -> datetime | None:
    found = re.search(rb"(?m)^%b clock (\d{1,11})\r?$" % re.escape(token.encode()), output)
    return datetime.fromtimestamp(int(found[1]), UTC) if found else None


def _failure(status: int, format_: Format, name: str) -> Failure:
    if status == _NOT_FOUND:
        return Failure(
            Kind.MISSING,
            f"{name} has nothing that tells its topology as {format_.title}.",
            "Install the package, or take another source for this topology.",
        )
    return Failure(
        Kind.COMMAND,
        f"{name} tells no topology as {format_.title} (exit status {status}).",
        "Look whether its service runs and lets programs on the device ask it.",
    )
