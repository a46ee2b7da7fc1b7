"""A shell that answers as the captured access point did."""

from __future__ import annotations

import re
from pathlib import Path

from owtui.engine.transport.base import CommandResult, Progress

PROBE = re.compile(r"(\w+) end'$")


class CapturedShell:
    """Answers the facts script from the captures, other commands from `answers`."""

    def __init__(self, data: Path | None = None) -> None:
        self.data = data
        self.commands: list[str] = []
        self.stdin: list[bytes] = []
        self.uploads: dict[str, tuple[bytes, int]] = {}
        self.answers: dict[str, CommandResult] = {}
        self.parts: dict[str, bytes] = {}

    async def run(
        self, command: str, *, stdin: bytes = b"", timeout: float | None = None
    ) -> CommandResult:
        self.commands.append(command)
        self.stdin.append(stdin)
        if probe := PROBE.search(command):
            return CommandResult(self._probe(probe[1]), b"", 0)
        for start, result in self.answers.items():
            if command.startswith(start):
                return result
        return CommandResult(b"", f"ash: {command.split()[0]}: not found\n".encode(), 127)

    async def upload(
        self,
        data: bytes,
        path: str,
        *,
        mode: int = 0o600,
        progress: Progress | None = None,
        resume: bool = False,
    ) -> bool:
        self.uploads[path] = (data, mode)
        return True

    def _probe(self, token: str) -> bytes:
        parts = {**captured_parts(self.data), **self.parts} if self.data else self.parts
        out = b"".join(b"\n%s %s\n%s" % (token.encode(), n.encode(), v) for n, v in parts.items())
        return out + b"\n%s end\n" % token.encode()


def captured_parts(data: Path) -> dict[str, bytes]:
    """What the access point of the captures answers to each part of the facts script."""
    folder = data / "openwrt"
    df = (folder / "df-free-uptime.txt").read_bytes().split(b"\n\n")[0]
    return {
        "board": (folder / "ubus-system-board.json").read_bytes(),
        "info": (folder / "ubus-system-info.json").read_bytes(),
        "interfaces": (folder / "network-interface-dump.json").read_bytes(),
        "devices": (folder / "network-device-status.json").read_bytes(),
        "board_json": (folder / "board.json").read_bytes(),
        "loadavg": b"0.10 0.08 0.05 1/60 2031\n",
        "uptime": b"22.31 80.02\n",
        "df": df,
        "boot_id": b"5f0a1f0a-7d0c-4b62-a9a5-6f7e7e0d3c11\n",
        "cpus": b"4\n",
        "clock": b"1795419097\n",
        "clients": (folder / "emulated-hostapd-get_clients.json").read_bytes(),
        "agent": b"openwisp-config 1.3.0a\n",
    }
