"""cgi-io: images in, backups out, over plain HTTP with the id of a session [cgi-io main.c].

What it answers to an upload is a text with status 200, whatever became of it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from .reflash import archive

if TYPE_CHECKING:
    from .device import Device

UPLOAD, BACKUP = "/cgi-bin/cgi-upload", "/cgi-bin/cgi-backup"
Answer = tuple[int, str, bytes]  # status, content type, body

_BOUNDARY = re.compile(r"multipart/form-data;.*boundary=(\S+)\Z")
_NAME = re.compile(rb'form-data; *name="(\w+)"', re.IGNORECASE)


def upload(device: Device, kind: str, body: bytes) -> Answer:
    """Write the file of a form; sessionid and filename come before filedata."""
    fields = _fields(kind, body)
    if fields is None:
        return _refused("Invalid request", 22, "Invalid argument")
    session = fields.get("sessionid", b"").decode("ascii", "replace")
    path = fields.get("filename", b"").decode("utf-8", "replace")
    if not device.rpcd.may_use_cgi(session, "upload", "write"):
        return _refused("Upload permission denied", 1, "Operation not permitted")
    if not device.rpcd.may_use_file("write", path):
        return _refused("Access to path denied by ACL", 1, "Operation not permitted")
    data = fields.get("filedata", b"")
    if not data:
        return _refused("No file data received", 22, "Invalid argument")
    try:
        device.files.write(path, data, mode=0o600)
    except OSError as error:
        device.files.remove(path)
        return _refused("I/O failure while writing temporary file", error.errno or 5, str(error))
    device.effects.writes[path] += 1
    sums = {
        "size": len(data),
        "checksum": hashlib.md5(data, usedforsecurity=False).hexdigest(),
        "sha256sum": hashlib.sha256(data).hexdigest(),
    }
    return 200, "text/plain", json.dumps(sums, indent="\t").encode()


def backup(device: Device, body: bytes) -> Answer:
    """Answer with the archive of `sysupgrade --create-backup -`."""
    told = parse_qs(body.decode("ascii", "replace"))
    session = (told.get("sessionid") or [""])[0]
    if not device.rpcd.may_use_cgi(session, "backup", "read"):
        return 403, "text/plain", b"Backup permission denied\n"
    return 200, "application/x-targz", archive(device)


def _refused(message: str, code: int, words: str) -> Answer:
    text = f'{{\n\t"message": "{message}",\n\t"failure": [ {code}, "{words}" ]\n}}\n'
    return 200, "text/plain", text.encode()


def _fields(kind: str, body: bytes) -> Mapping[str, bytes] | None:
    """The parts of a form by name; None where it is none, or its end is missing."""
    found = _BOUNDARY.match(kind)
    if found is None:
        return None
    mark = b"\r\n--" + found[1].encode()
    first, *parts = (b"\r\n" + body).split(mark)
    if first or not parts or not parts[-1].startswith(b"--"):
        return None
    fields = {}
    for part in parts[:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is not None:
            fields[name[1].decode()] = data
    return fields
