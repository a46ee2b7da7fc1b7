"""What a command of the vocabulary is given, and the table it is found in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..streams import Stream

if TYPE_CHECKING:
    from ..device import Device
    from ..files import FileTree
    from .launch import Launcher


@dataclass(slots=True)
class Call:
    """One run of a command: argv[0] is the name it was called by.

    pid: of the process it runs in, its shell's own for a builtin
    """

    argv: list[str]
    shell: Launcher
    pid: int

    @property
    def device(self) -> Device:
        return self.shell.device

    @property
    def files(self) -> FileTree:
        return self.shell.device.files

    @property
    def args(self) -> list[str]:
        return self.argv[1:]

    @property
    def name(self) -> str:
        return self.argv[0].rpartition("/")[2]

    @property
    def stdin(self) -> Stream:
        return self.shell.fds[0]

    async def out(self, text: str | bytes) -> None:
        """Write to stdout; raises Hangup (SIGPIPE) or OSError (full disk)."""
        data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
        if data:
            await self.shell.fds[1].write(data)

    async def err(self, text: str) -> None:
        await self.shell.fds[2].write(text.encode("utf-8", "surrogateescape"))

    async def fail(self, message: str, status: int = 1) -> int:
        """Say `name: message` on stderr and return the status."""
        await self.err(f"{self.name}: {message}\n")
        return status

    async def read(self, path: str) -> bytes:
        """Return a file's bytes, or stdin's for "-"; raises OSError."""
        if path == "-":
            return await self.stdin.read()
        return self.files.read(path, self.shell.cwd)

    def options(self, flags: str, valued: str = "") -> tuple[dict[str, str], list[str]]:
        """Split args into single-letter options and operands; raises Refused for others."""
        found: dict[str, str] = {}
        rest = list(self.args)
        operands: list[str] = []
        while rest:
            arg = rest.pop(0)
            if arg == "--":
                return found, operands + rest
            if not arg.startswith("-") or arg == "-":
                operands.append(arg)
                continue
            for at, letter in enumerate(arg[1:], 1):
                if letter in valued:
                    value = arg[at + 1 :] or (rest.pop(0) if rest else "")
                    found[letter] = value
                    break
                if letter not in flags:
                    raise Refused(f"unrecognized option: {letter}")
                found[letter] = ""
        return found, operands


class Refused(Exception):
    """A use of a command this simulator does not know; said on stderr, exit 1."""


Handler = Callable[[Call], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Program:
    """A command: where it lives, whether ash has it built in, the package that not all have."""

    path: str
    handler: Handler
    builtin: bool
    package: str = ""


PROGRAMS: dict[str, Program] = {}


def program(*paths: str, builtin: bool = False, package: str = "") -> Callable[[Handler], Handler]:
    """Register a handler under the names at the end of `paths`."""

    def register(handler: Handler) -> Handler:
        for path in paths:
            PROGRAMS[path.rpartition("/")[2]] = Program(path, handler, builtin, package)
        return handler

    return register
