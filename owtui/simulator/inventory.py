"""The fleet as a file that `owtui devices import` reads. It holds passwords: mode 0600."""

from __future__ import annotations

import csv
import io
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from .identity import Identity
from .models import MODELS, RELEASES
from .rom import description

COLUMNS = (
    "name",
    "organization",
    "mac_address",
    "address",
    "port",
    "http_url",
    "user",
    "password",
    "host_key",
    "group",
    "tags",
    "zone",
    "model",
    "os",
    "notes",
)


@dataclass(frozen=True, slots=True)
class FleetMember:
    """What an inventory row is made of."""

    identity: Identity
    port: int
    http_url: str
    user: str
    host_key: str


def row(member: FleetMember) -> dict[str, str]:
    """Return one row, every value text; several tags are joined by a comma."""
    identity = member.identity
    return {
        "name": identity.name,
        "organization": identity.organization,
        "mac_address": identity.mac.upper(),
        "address": identity.address,
        "port": str(member.port),
        "http_url": member.http_url,
        "user": member.user,
        "password": identity.password,
        "host_key": member.host_key,
        "group": identity.group,
        "tags": ",".join(identity.tags),
        "zone": identity.zone,
        "model": MODELS[identity.model].name,
        "os": description(RELEASES[identity.release]),
        "notes": "",
    }


def write(path: Path, content: list[dict[str, str]] | str) -> None:
    """Write rows (CSV, or JSON for a name in .json) or text, never readable by others."""
    if isinstance(content, str):
        text = content
    elif path.suffix == ".json":
        text = json.dumps(content, indent=2) + "\n"
    else:
        sheet = io.StringIO()
        writer = csv.DictWriter(sheet, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(content)
        text = sheet.getvalue()
    private = stat.S_IRUSR | stat.S_IWUSR
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, private)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        path.chmod(private)
        file.write(text)
