"""The system log of a device as it is written, across its reboots.

`logread -f` runs on a connection of its own and is ended on the device when nobody follows any
more. After a gap the same lines are not told twice: what was seen is skipped in the replay.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from owtui.engine.transport.base import Shell
from owtui.engine.transport.session import Output, Stream
from owtui.engine.transport.ssh import SshConnection
from owtui.errors import DeviceError, InputError, Kind, MissingError

REPLAY = 500
"""Lines asked for again after a gap, and kept here to know them by."""

ROOM = 2000
"""Lines held for a reader that is busy; then the device has to wait."""

LINE_BYTES = 16 * 1024
START_S = 15.0
PAUSES_S = (1.0, 2.0, 4.0, 8.0, 15.0)
_NOT_FOUND = 127
_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_PASSING = frozenset({Kind.UNREACHABLE, Kind.REFUSED, Kind.TIMEOUT, Kind.LOST})

Connect = Callable[[], AbstractAsyncContextManager[SshConnection]]
Release = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a device's log, or a word of ours between them (`marker`)."""

    text: str
    marker: bool = False


async def recent(shell: Shell, name: str, lines: int, match: str = "") -> tuple[LogLine, ...]:
    """Read the last lines of the log; those among them that match.

    Raises MissingError where there is no logread, InputError for what is no pattern.
    """
    wanted = _pattern(match)
    result = await shell.run(f"logread -l {lines}")
    if result.exit_status == _NOT_FOUND:
        raise _no_log(name)
    return tuple(LogLine(text) for text in result.text.splitlines() if wanted.search(text))


class Tail:
    """Log lines as they come: `async with Tail(…) as tail: async for line in tail: …`.

    lines: how many of the past are looked at first
    match: regular expression; lines without it are left out, also of those
    Iterating raises what keeps the device from being followed at first; later gaps are marked and
    tried again until the tail is closed. `release` is awaited when it is.
    """

    def __init__(
        self,
        connect: Connect,
        name: str,
        *,
        lines: int = 50,
        match: str = "",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._connect = connect
        self._name = name
        self._lines = lines
        self._pattern = _pattern(match)
        self.release: Release | None = None
        self._sleep = sleep
        self._waiting: deque[LogLine] = deque()
        self._news = asyncio.Event()
        self._room = asyncio.Event()
        self._boot = ""
        self._met = False  # it has answered once
        self._failures = 0
        self._known: Counter[str] = Counter()
        self._seen: deque[str] = deque(maxlen=REPLAY)
        self._task = asyncio.create_task(self._run(), name=f"log of {name}")
        self._task.add_done_callback(lambda done: self._news.set())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> LogLine:
        while not self._waiting:
            if self._task.done():
                if not self._task.cancelled():
                    self._task.result()
                raise StopAsyncIteration
            self._news.clear()
            await self._news.wait()
        self._room.set()
        return self._waiting.popleft()

    async def close(self) -> None:
        """Stop following; nothing of it is left on the device. Again does nothing."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        release, self.release = self.release, None
        if release is not None:
            await release()

    async def _run(self) -> None:
        """Follow, and after each gap again, with longer pauses while the device stays away."""
        while True:
            try:
                await self._follow()
            except DeviceError as error:
                if not self._met or error.kind not in _PASSING:
                    raise
                if not self._failures:
                    await self._put(LogLine(error.sentence, marker=True))
            else:
                await self._put(LogLine(f"{self._name} ended its log.", marker=True))
                self._failures = len(PAUSES_S)
            await self._sleep(PAUSES_S[min(self._failures, len(PAUSES_S) - 1)])
            self._failures += 1

    async def _follow(self) -> None:
        """Follow one logread to its end."""
        stream = Stream()

        async def feed(output: Output, limit: asyncio.Timeout) -> None:
            output.send(b"")
            limit.reschedule(None)
            lines = _split(stream)
            await self._begin(await anext(lines, ""))
            async for text in lines:
                await self._tell(text)

        async with self._connect() as connection:
            done = await connection.carry(
                self._command(), feed, START_S, doing="log", output=stream
            )
        if done.exit_status == _NOT_FOUND:
            raise _no_log(self._name)
        if done.exit_status and not self._seen:
            said = done.result(0.0).complaint or f"exit status {done.exit_status}"
            raise MissingError(f"{self._name} does not show its log: {said}")

    def _command(self) -> str:
        """Tell the boot, then the log: within the same boot what was seen, to know it by."""
        same, other = (len(self._seen), REPLAY) if self._met else (self._lines, self._lines)
        return (
            f'b=$(cat {_BOOT_ID} 2>/dev/null); echo "$b"; n={other};'
            f' [ "$b" = "{self._boot}" ] && n={same}; exec logread -f -l $n'
        )

    async def _begin(self, boot: str) -> None:
        """The device answers: say so after a gap, and whether it has rebooted meanwhile."""
        same = boot == self._boot
        if self._met:
            what = "is back" if same else "has rebooted; this is its new log"
            await self._put(LogLine(f"{self._name} {what}.", marker=True))
        self._known = Counter(self._seen) if same else Counter()
        if not same:
            self._seen.clear()
        # An id is hex and dashes; anything else is not put into a command line.
        self._boot = boot if re.fullmatch(r"[0-9a-f-]{1,64}", boot) else ""
        self._met, self._failures = True, 0

    async def _tell(self, text: str) -> None:
        """Hand on a line unless it was told before the gap."""
        if self._known[text]:
            self._known[text] -= 1
            return
        self._known.clear()
        self._seen.append(text)
        if self._pattern.search(text):
            await self._put(LogLine(text))

    async def _put(self, line: LogLine) -> None:
        while len(self._waiting) >= ROOM:
            self._room.clear()
            await self._room.wait()
        self._waiting.append(line)
        self._news.set()


async def _split(stream: Stream) -> AsyncIterator[str]:
    """Whole lines as text; one without an end is cut at LINE_BYTES."""
    rest = b""
    async for block in stream:
        *lines, rest = (rest + block).split(b"\n")
        for line in lines:
            yield line.decode("utf-8", "replace").rstrip("\r")
        if len(rest) > LINE_BYTES:
            yield rest.decode("utf-8", "replace")
            rest = b""


def _pattern(match: str) -> re.Pattern[str]:
    try:
        return re.compile(match)
    except re.error as error:
        raise InputError(f"“{match}” is no regular expression: {error}.") from error


def _no_log(name: str) -> MissingError:
    return MissingError(f"{name} has no logread.", "Install its package: ubox, or logd.")
