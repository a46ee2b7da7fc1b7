"""Running what a name stands for: a function, a builtin, a program of the table, a script file.

A name that is none of these is "not found", exit 127, and nothing else can happen.
"""

from __future__ import annotations

import asyncio

from ..streams import BytesSource, Capture, Hangup
from .call import Call, Program, Refused
from .control import Return
from .state import MAX_CALLS, ShellState
from .syntax import Command, ShellSyntaxError


class Launcher(ShellState):
    """A shell that can start things; how commands are run is the interpreter's part."""

    async def main(self, text: str) -> int:
        """Run a whole script as a process does; returns its exit status."""
        raise NotImplementedError

    async def source(self, text: str) -> int:
        """Parse and run text in this shell; raises Exit on a syntax error."""
        raise NotImplementedError

    async def command(self, node: Command) -> int:
        """Run one command with its redirections; returns its status."""
        raise NotImplementedError

    async def execute(self, argv: list[str]) -> int:
        """Run a function, a builtin or a program by its arguments."""
        function = self.functions.get(argv[0])
        if function is not None:
            return await self._function(function, argv[1:])
        found = self.device.program(argv[0], self.cwd)
        if isinstance(found, str):
            return await self._script_file(found, argv)
        if found is None:
            return await self._not_found(argv[0])
        if found.builtin:
            return await self._guarded(Call(argv, self, self.pid), found)
        process = self.device.processes.begin(self.pid, argv, self.exports())
        try:
            return await self._guarded(Call(argv, self, process.pid), found)
        except Hangup:
            return 141
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not process.signal or task is None or task.uncancel() > 0:
                raise  # whoever started it was killed too
            return 128 + process.signal
        finally:
            self.device.processes.end(process)

    async def become(self, argv: list[str]) -> int:
        """Run a program in this shell's own process, as `exec` does."""
        found = self.device.program(argv[0], self.cwd)
        if found is None or isinstance(found, str):
            return await self.execute(argv)
        process = self.device.processes.get(self.pid)
        if process is not None:
            process.become(argv, self.exports())
        return await self._guarded(Call(argv, self, self.pid), found)

    async def _guarded(self, call: Call, found: Program) -> int:
        try:
            return await found.handler(call)
        except Refused as refusal:
            return await call.fail(str(refusal))
        except OSError as error:
            name = self.name if found.builtin else call.name
            await call.err(f"{name}: write error: {error.strerror}\n")
            return 1
        except (ValueError, IndexError):
            return await call.fail("invalid argument")  # a number or a name was expected

    async def _not_found(self, name: str) -> int:
        if "/" not in name or self.device.files.find(name, self.cwd) is None:
            await self.complain(f"{name}: not found")
            return 127
        await self.complain(f"{name}: Permission denied")
        return 126

    async def _function(self, body: Command, args: list[str]) -> int:
        if self.depth >= MAX_CALLS:
            raise ShellSyntaxError("out of stack space")
        saved, self.args = self.args, args
        self.frames.append({})
        self.depth += 1
        try:
            return await self.command(body)
        except Return as back:
            return back.status
        finally:
            self.depth -= 1
            self.args = saved
            self.restore(self.frames.pop())

    async def _script_file(self, path: str, argv: list[str]) -> int:
        child = self.fork()
        child.name, child.args = argv[0], argv[1:]
        text = self.device.files.read(path).decode("utf-8", "surrogateescape")
        return await child.main(text)

    async def feed(self, argv: list[str], data: bytes) -> tuple[int, bytes, bytes]:
        """Run one command with given stdin and return its status, stdout and stderr."""
        out, err = Capture(), Capture()
        child = self.fork({0: BytesSource(data), 1: out, 2: err})
        status = await child.execute(argv)
        return status, bytes(out.data), bytes(err.data)
