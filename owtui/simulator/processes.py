"""The process table: what runs, for whom, and what a signal does to it.

A process that runs commands is a task; a signal cancels it, and whoever waits for it sees
128 + the signal's number. Daemons have no task: they only stand in the table.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_FIRST_PID = 2000
_MAX_PID = 32768


@dataclass(slots=True, eq=False)
class Process:
    """One row of `ps`; `signal` is the one it was killed with.

    `argv` and `environ` are what it was started with; without `argv`, the words of `command`.
    """

    pid: int
    parent: int
    command: str
    task: asyncio.Task[Any] | None = None
    user: str = "root"
    size_kib: int = 3004
    signal: int = 0
    argv: Sequence[str] = ()
    environ: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.argv = self.argv or self.command.split()

    def become(self, argv: Sequence[str], environ: Mapping[str, str]) -> None:
        """Run another program in this process."""
        self.command, self.argv, self.environ = " ".join(argv), argv, environ

    @property
    def name(self) -> str:
        """The name `killall` and `pgrep` know it by."""
        words = self.command.split()
        return words[0].rpartition("/")[2] if words else ""


class ProcessTable:
    """All processes of one device, by pid."""

    def __init__(self) -> None:
        self._rows: dict[int, Process] = {}
        self._next = _FIRST_PID

    def __iter__(self) -> Any:
        return iter(sorted(self._rows.values(), key=lambda p: p.pid))

    def get(self, pid: int) -> Process | None:
        return self._rows.get(pid)

    def _pid(self) -> int:
        self._next += 1
        while self._next in self._rows or self._next >= _MAX_PID:
            self._next = _FIRST_PID if self._next >= _MAX_PID else self._next + 1
        return self._next

    def daemon(self, command: str, user: str = "root", size_kib: int = 3004) -> Process:
        """Add a daemon of procd."""
        process = Process(self._pid(), 1, command, None, user, size_kib)
        self._rows[process.pid] = process
        return process

    def pin(self, process: Process) -> None:
        """Add a process whose pid is given, such as procd itself."""
        self._rows[process.pid] = process

    def begin(
        self, parent: int, argv: Sequence[str], environ: Mapping[str, str] | None = None
    ) -> Process:
        """Add a command that runs within the current task."""
        process = Process(self._pid(), parent, "", asyncio.current_task())
        process.become(argv, environ or {})
        self._rows[process.pid] = process
        return process

    def spawn(
        self,
        parent: int,
        command: str,
        work: Coroutine[Any, Any, int],
        *,
        argv: Sequence[str] = (),
        environ: Mapping[str, str] | None = None,
    ) -> Process:
        """Add a process with a task of its own, which ends when `work` does."""
        process = Process(self._pid(), parent, command, argv=argv, environ=environ or {})

        async def run() -> int:
            try:
                return await work
            except asyncio.CancelledError:
                if not process.signal:
                    raise
                return 128 + process.signal
            finally:
                self.end(process)

        process.task = asyncio.create_task(run(), name=command[:60])
        # Power cut before its first step: the task never awaits `work`, which then complains.
        process.task.add_done_callback(lambda _: work.close())
        self._rows[process.pid] = process
        return process

    def end(self, process: Process) -> None:
        if self._rows.get(process.pid) is process:
            del self._rows[process.pid]

    def kill(self, pid: int, signal: int) -> bool:
        """Send a signal; False when there is no such process. 0 only asks."""
        process = self._rows.get(pid)
        if process is None:
            return False
        if signal and process.task is not None:
            # Not before its first step, or there would be nobody to clean up after it.
            process.task.get_loop().call_soon(self._deliver, process, signal)
        elif signal:
            process.signal = signal
            self.end(process)
        return True

    def _deliver(self, process: Process, signal: int) -> None:
        """Cancel the task of a process once: others may stand in it, each with its own death."""
        if process.task is not None and self.get(process.pid) is process and not process.signal:
            process.signal = signal
            process.task.cancel()

    def end_all(self) -> list[asyncio.Task[Any]]:
        """Cut the power: cancel every task and return them, to be waited for."""
        tasks = [p.task for p in self._rows.values() if p.task is not None]
        for task in tasks:
            task.cancel()
        self._rows.clear()
        return tasks
