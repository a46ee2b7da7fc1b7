"""A configuration as it is kept: compressed, for the vault to seal."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from owtui.engine.configs.model import Agent, File, Running, SeenFrom

_FORM = 1


def pack(running: Running) -> bytes:
    """Everything but the sums and the time, which are kept in the clear."""
    told: dict[str, Any] = {
        "form": _FORM,
        "files": {
            path: [file.mode, file.data.decode("utf-8", "surrogateescape")]
            for path, file in running.files.items()
        },
        "staged": running.staged,
        "seen_from": asdict(running.seen_from),
        "agent": asdict(running.agent) if running.agent else None,
        "free_bytes": running.free_bytes,
        "unread": dict(running.unread),
    }
    # Escaped as ASCII, a byte that is no UTF-8 is half a surrogate, which UTF-8 would refuse.
    return zlib.compress(json.dumps(told).encode("ascii"))


def unpack(kept: bytes, sums: Mapping[str, str], read_at: datetime | None) -> Running:
    """The same again."""
    told: dict[str, Any] = json.loads(zlib.decompress(kept))
    agent = told["agent"]
    return Running(
        files={
            path: File(text.encode("utf-8", "surrogateescape"), mode)
            for path, (mode, text) in told["files"].items()
        },
        sums=dict(sums),
        staged=tuple(told["staged"]),
        seen_from=SeenFrom(**told["seen_from"]),
        agent=Agent(**{**agent, "unmanaged": tuple(agent["unmanaged"])}) if agent else None,
        free_bytes=told["free_bytes"],
        read_at=read_at,
        unread=dict(told["unread"]),
    )
