"""cgi-io beside ubus: an image into a file of the device, its backup out, by a session's id.

An upload is a form of four parts in this order; its answer is JSON with the sums of what was
written, and tells a refusal by the same status 200 [cgi-io main.c].
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import AsyncIterator
from urllib.parse import urlencode

from owtui.engine.transport.base import Progress
from owtui.engine.transport.ubus import INSTALL, Form, UbusSession
from owtui.errors import DeniedError, DeviceError, LostError, MissingError, ProtocolError

PIECE_BYTES = 64 * 1024
SLOWEST_BYTES_S = 8 * 1024  # an upload that is slower for its whole length is given up
LEAST_S = 120.0
BACKUP_S = 120.0


async def upload(
    session: UbusSession, path: str, data: bytes, progress: Progress | None = None
) -> None:
    """Write a file, and compare the SHA-256 that the device reads back (MD5 where it has no other).

    Raises DeniedError, MissingError without cgi-io, LostError where the file is not as it was
    sent, and what HttpClient.post raises. A cut upload leaves the old file as it was.
    """

    def form(sid: str) -> Form:
        mark = f"----{secrets.token_hex(16)}"
        fields = {"sessionid": sid, "filename": path, "filemode": "0600"}
        head = b"".join(_part(mark, name, value.encode()) for name, value in fields.items())
        head += _part(mark, "filedata", b"", file="image")[:-2]
        tail = f"\r\n--{mark}--\r\n".encode()
        size = len(head) + len(data) + len(tail)
        kind = f"multipart/form-data; boundary={mark}"
        return Form(_pieces(head, data, tail, progress), kind, size)

    timeout = LEAST_S + len(data) / SLOWEST_BYTES_S
    reply = await session.cgi("cgi-upload", form, timeout=timeout)
    if reply.status == 404:
        raise _absent(session)
    _compare(session.name, reply.body, data)


async def backup(session: UbusSession) -> bytes:
    """The archive of `sysupgrade -b`. Raises DeniedError, MissingError without cgi-io."""

    def form(sid: str) -> Form:
        body = urlencode({"sessionid": sid}).encode()
        return Form(body, "application/x-www-form-urlencoded", len(body))

    reply = await session.cgi("cgi-backup", form, timeout=BACKUP_S)
    if reply.status == 404:
        raise _absent(session)
    if reply.status == 403:
        raise DeniedError(f"{session.name}: its session may not save the configuration.", INSTALL)
    if reply.status != 200 or not reply.body.startswith(b"\x1f\x8b"):
        raise ProtocolError(f"{session.name} answered with something else than a backup.")
    return reply.body


def _part(mark: str, name: str, value: bytes, file: str = "") -> bytes:
    named = f'; filename="{file}"' if file else ""
    head = f'--{mark}\r\nContent-Disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + value + b"\r\n"


async def _pieces(
    head: bytes, data: bytes, tail: bytes, progress: Progress | None
) -> AsyncIterator[bytes]:
    """The body bit by bit; what was taken is told."""
    yield head
    for start in range(0, len(data), PIECE_BYTES):
        yield data[start : start + PIECE_BYTES]
        if progress is not None:
            progress(min(start + PIECE_BYTES, len(data)), len(data))
    yield tail


def _compare(name: str, answer: bytes, data: bytes) -> None:
    try:
        said = json.loads(answer)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise ProtocolError(f"{name} did not answer to the upload as cgi-io does.", "Try again.")
    if "failure" in said:
        message = str(said.get("message") or "it does not say why")
        if "denied" in message:
            raise DeniedError(f"{name} refuses the upload: {message}.", INSTALL)
        raise DeviceError(f"{name} refuses the upload: {message}.", "Look at the room in its /tmp.")
    if sum_ := said.get("sha256sum"):
        same = sum_ == hashlib.sha256(data).hexdigest()
    else:
        same = said.get("checksum") == hashlib.md5(data, usedforsecurity=False).hexdigest()
    if not same:
        raise LostError(f"{name} has not got the image as it was sent.", "It is sent again.")


def _absent(session: UbusSession) -> MissingError:
    return MissingError(f"{session.name} has no cgi-io.", "Install cgi-io, or give it SSH.")
