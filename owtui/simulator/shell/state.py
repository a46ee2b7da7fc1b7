"""What an ash holds while it runs: descriptors, variables, functions, options."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from ..streams import Stream
from .syntax import Command, ShellSyntaxError

if TYPE_CHECKING:
    from ..device import Device

PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
MAX_CALLS = 50


class ShellState:
    """The state of one ash: its fds, variables, functions and working directory."""

    def __init__(self, device: Device, fds: dict[int, Stream], pid: int = 0) -> None:
        self.device = device
        self.fds = fds
        self.pid = pid
        self.name = "ash"
        self.args: list[str] = []
        self.vars: dict[str, str] = {"PATH": PATH, "IFS": " \t\n"}
        self.exported: set[str] = {"PATH"}
        self.functions: dict[str, Command] = {}
        self.options: set[str] = set()
        self.traps: dict[str, str] = {}
        self.cwd = "/root"
        self.status = 0
        self.last_background = 0
        self.jobs: list[asyncio.Task[int]] = []
        self.depth = 0
        self.frames: list[dict[str, str | None]] = []  # what `local` hides, a function each
        self.steps = 0
        self.tested = 0  # inside a condition, where `set -e` does not act

    async def complain(self, message: str) -> None:
        await self.fds[2].write(f"{self.name}: {message}\n".encode())

    def fork(self, fds: dict[int, Stream] | None = None) -> Self:
        """Return a subshell: a copy of everything, traps left behind."""
        if self.depth >= MAX_CALLS:
            raise ShellSyntaxError("out of memory")
        child = type(self)(self.device, dict(self.fds) if fds is None else fds, self.pid)
        child.name, child.args = self.name, list(self.args)
        child.vars, child.exported = dict(self.vars), set(self.exported)
        child.functions, child.options = dict(self.functions), set(self.options)
        child.cwd, child.status, child.depth = self.cwd, self.status, self.depth + 1
        child.last_background = self.last_background
        child.frames = [{} for _ in self.frames]
        return child

    def exports(self) -> dict[str, str]:
        """Return the environment that a program started now is given."""
        given = {name: value for name, value in self.vars.items() if name in self.exported}
        return given | {"PWD": self.cwd}

    def parameter(self, name: str) -> str | None:
        """Return the value of $name, or None when it is not set."""
        if name.isdigit() and name != "0":
            index = int(name) - 1
            return self.args[index] if index < len(self.args) else None
        special = {
            "?": lambda: str(self.status),
            "$": lambda: str(self.pid),
            "!": lambda: str(self.last_background or ""),
            "#": lambda: str(len(self.args)),
            "0": lambda: self.name,
            "-": lambda: "".join(sorted(self.options)),
            "@": lambda: " ".join(self.args),
            "*": lambda: " ".join(self.args),
            "PWD": lambda: self.cwd,
        }.get(name)
        return special() if special else self.vars.get(name)

    def restore(self, values: dict[str, str | None]) -> None:
        """Give variables back the values they had; None unsets."""
        for name, old in values.items():
            if old is None:
                self.vars.pop(name, None)
            else:
                self.vars[name] = old
