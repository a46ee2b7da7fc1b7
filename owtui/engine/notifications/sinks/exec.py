"""A program of the settings: JSON on its standard input, no shell, a cleaned environment."""

from __future__ import annotations

import asyncio
import json
import os
import shlex
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from owtui.engine.notifications.sink import Parcel, SinkError, Sinks
from owtui.errors import InputError
from owtui.settings import Settings
from storage.secrets import Secret

KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME")  # of our environment
SAID_BYTES = 300
SPARE_S = 5.0  # beside the program's own deadline: to end it and what it started


def register(sinks: Sinks) -> None:
    """Take the sink in."""
    sinks.add("exec", ExecSink.of)


@dataclass(frozen=True, slots=True)
class ExecSink:
    """One program and its arguments. Exit code 75 (EX_TEMPFAIL) asks for another attempt."""

    argv: tuple[str, ...]
    program_s: float = 10.0
    name: str = "exec"
    repeats: bool = False

    @classmethod
    def of(cls, settings: Settings) -> ExecSink | None:
        """By the settings; None without a program. Raises InputError."""
        if not settings.notify_exec:
            return None
        try:
            argv = shlex.split(settings.notify_exec)
        except ValueError as error:
            raise InputError(f"notify_exec cannot be read: {error}.") from error
        if not argv or not Path(argv[0]).is_absolute():
            raise InputError(
                "notify_exec does not begin with the full path of a program.",
                "For example: /usr/local/bin/page --team noc.",
            )
        return cls(tuple(argv), settings.notify_exec_s)

    @property
    def deadline_s(self) -> float:
        """Longer than the program may take."""
        return self.program_s + SPARE_S

    async def send(self, parcel: Parcel, secret: Secret | None) -> None:
        """Run it with one parcel. Raises SinkError."""
        body = json.dumps({"id": str(parcel.id), **parcel.payload}).encode()
        try:
            process = await asyncio.create_subprocess_exec(
                *self.argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env={name: os.environ[name] for name in KEPT if name in os.environ},
                cwd="/",
                start_new_session=True,  # so that what it starts ends with it
            )
        except OSError as error:
            raise SinkError(
                f"{self.argv[0]} cannot be run: {error.strerror}.", "Check notify_exec."
            ) from error
        try:
            async with asyncio.timeout(self.program_s):
                _, said = await process.communicate(body)
        except TimeoutError as error:
            raise SinkError(
                f"{self.argv[0]} did not end within {self.program_s:g} s.", perhaps=True
            ) from error
        finally:
            await _end(process)
        if process.returncode:
            words = " ".join(said[:SAID_BYTES].decode(errors="replace").split())
            again = process.returncode == os.EX_TEMPFAIL
            raise SinkError(
                f"{self.argv[0]} ended with {process.returncode}{': ' if words else ''}{words}.",
                perhaps=not again,
            )


async def _end(process: asyncio.subprocess.Process) -> None:
    """Leave nothing behind of the program's session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
