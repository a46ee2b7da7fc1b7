"""One login on one device: commands and uploads over a connection that many share.

A command may be cut short (deadline, cancellation); then what it started is ended on the device
over a second channel of the same connection, and only a lost connection leaves that undone.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable
from enum import Enum

import asyncssh

from owtui.engine.transport import ending, upload
from owtui.engine.transport.base import CommandResult, Deadlines, Login, Progress
from owtui.engine.transport.errors import Place, lost, of_session, unsent
from owtui.engine.transport.session import Output
from owtui.engine.transport.wire import Connection
from owtui.errors import DeadlineError, DeviceError, InputError, ProtocolError

CHANNELS = 4
"""Commands at once on one connection; the others wait."""

DROPBEAR_CHANNELS = 1
"""dropbear 2022.82 to 2024.85 (OpenWrt 22.03 to 24.10) mixes up channels when one ends while
another begins: it closes the wrong one, or dies of an assertion (its issues 173 and 321). OpenWrt's
banner has no version, so every dropbear is asked one thing after the other."""

END_S = 6.0
"""How long ending a cut command may take: TERM, a second, KILL, on a slow router."""

LOOKS = 6
AGAIN_S = 0.2
"""How often a cut command is looked for while its channel stays open, and the time in between."""

DROPBEAR_COMMAND_BYTES = 9000
"""MAX_CMD_LEN of dropbear's sysoptions.h: a longer command ends the whole connection unanswered."""

COMMAND_BYTES = 128 * 1024 - 1
"""MAX_ARG_STRLEN of Linux, less its NUL: what any other server can give its shell."""

OUTPUT_BYTES = 4 * 1024 * 1024
"""What is kept of a command's output, stdout and stderr each."""


class Cut(Enum):
    """What became of a command that was cut short."""

    ENDED = "It was ended on the device."
    UNKNOWN = "It could not be ended there and may still be running."
    UNSENT = "It was not started: the device gave it no channel."


Feed = Callable[[Output, asyncio.Timeout], Awaitable[None]]


class SshConnection:
    """A connection that has logged in; `base.Shell` for as long as it lasts.

    place: the device and the address that answered; login: the credential that worked
    factory: it let us in before it saw one, so any password gets in
    """

    def __init__(
        self,
        raw: asyncssh.SSHClientConnection,
        place: Place,
        deadlines: Deadlines,
        *,
        login: Login,
        factory: bool = False,
        output_bytes: int = OUTPUT_BYTES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.raw = raw
        self.place = place
        self.login = login
        self.factory = factory
        self._deadlines = deadlines
        self._output_bytes = output_bytes
        self._clock = clock
        one_by_one = "dropbear" in self.banner.lower()
        self._channels = asyncio.Semaphore(DROPBEAR_CHANNELS if one_by_one else CHANNELS)
        self._longest = DROPBEAR_COMMAND_BYTES if one_by_one else COMMAND_BYTES
        self._mark = secrets.token_hex(6)
        self._count = 0
        self._endings: set[asyncio.Task[bool]] = set()
        self._gone = False
        self._when_lost: list[Callable[[], None]] = []

    @property
    def closed(self) -> bool:
        """True when nothing can be sent any more."""
        return self._gone or self.raw.is_closed()

    @property
    def banner(self) -> str:
        """What the server calls itself, such as "SSH-2.0-dropbear"."""
        return str(self.raw.get_extra_info("server_version") or "")

    async def run(
        self, command: str, *, stdin: bytes = b"", timeout: float | None = None
    ) -> CommandResult:
        """See `base.Shell.run`; InputError for a command no shell could be given."""
        _check_text(command)

        async def feed(output: Output, limit: asyncio.Timeout) -> None:
            output.send(stdin)

        seconds = self._deadlines.command_s if timeout is None else timeout
        started = self._clock()
        output = await self.carry(command, feed, seconds)
        return output.result(self._clock() - started)

    async def upload(
        self,
        data: bytes,
        path: str,
        *,
        mode: int = 0o600,
        progress: Progress | None = None,
        resume: bool = False,
    ) -> bool:
        """See `base.Shell.upload`."""
        return await upload.upload(self, upload.Parcel(data, path, mode, progress, resume))

    async def writable(self) -> None:
        """Wait until nothing that was sent lies here, but at the device or on its way."""
        if isinstance(self.raw, Connection):
            await self.raw.writable.wait()

    @property
    def stall_s(self) -> float:
        """How long an upload may stand still."""
        return self._deadlines.command_s

    async def carry(
        self,
        command: str,
        feed: Feed,
        seconds: float,
        *,
        doing: str = "command",
        after: str = "",
        output: Output | None = None,
    ) -> Output:
        """Run a command, give it its input and wait for its end.

        feed: writes the input and may move the deadline; doing: what a sentence calls this
        after: shell line that removes what is left when it had to be cut
        output: where its output goes, kept up to the limit unless given
        Raises DeadlineError, UnsentError, LostError, ProtocolError.
        """
        self._count += 1
        mark = f"{self._mark}-{self._count}-"
        output = output or Output(self._output_bytes)
        async with self._channels:
            try:
                async with asyncio.timeout(seconds) as limit:
                    await self._start(output, ending.marked(command, mark))
                    await feed(output, limit)
                    await output.ended.wait()
            except TimeoutError:
                cut = await self._end(output, mark, after)
                raise self._late(doing, seconds, cut, output) from None
            except asyncio.CancelledError:
                await self._end(output, mark, after)
                raise
        if output.exit_status is None:
            raise self._unfinished(doing)
        return output

    def close(self) -> None:
        """Say goodbye and let go; what still runs on the device is not waited for."""
        self._gone = True
        self.raw.close()

    def abort(self) -> None:
        """Drop the connection without a word."""
        self.raw.abort()

    def when_lost(self, then: Callable[[], None]) -> None:
        """Call `then` once the connection is gone; at once when it is already."""
        if self.closed:
            then()
        else:
            self._when_lost.append(then)

    def lost(self) -> None:
        """The transport's notice that the connection is gone."""
        self._gone = True
        callbacks, self._when_lost = self._when_lost, []
        for then in callbacks:
            then()

    async def wait_closed(self) -> None:
        """Wait until the connection is gone."""
        await self.raw.wait_closed()

    async def _start(self, output: Output, command: str) -> None:
        """Open a channel and start a command on it. Raises InputError for too long a command."""
        if (size := len(command.encode())) > self._longest:
            raise InputError(
                f"{self.place.name}: its SSH server takes commands of {self._longest} bytes at "
                f"most, this one has {size}.",
                "Put it into a file, upload that and run it there.",
            )
        if self.closed:
            raise unsent(self.place)
        try:
            await self.raw.create_session(lambda: output, command, encoding=None, request_pty=False)
        except (asyncssh.Error, OSError) as error:
            if output.channel is None and self.closed:
                raise unsent(self.place) from error
            raise of_session(error, self.place) from error

    async def _end(self, output: Output, mark: str, after: str) -> Cut:
        """End what a cut command left on the device.

        A second cancellation leaves this task running; the connection owns it.
        """
        if output.channel is None:
            return Cut.UNSENT
        task = asyncio.create_task(
            self._kill(output, mark, after), name=f"end on {self.place.name}"
        )
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
        return Cut.ENDED if await asyncio.shield(task) else Cut.UNKNOWN

    async def _kill(self, cut: Output, mark: str, after: str) -> bool:
        """Run the script that ends a marked command until its channel closes, which proves it.

        A process in the middle of its exec shows no mark, so one look may miss it.
        """
        script = ending.ender(mark, after)
        cut.drain()
        try:
            async with asyncio.timeout(END_S):
                for _ in range(LOOKS):
                    # ProtocolError: no channel just now; dropbear may mix it up with the cut one.
                    with contextlib.suppress(ProtocolError):
                        await self._look(script)
                    if await _within(AGAIN_S, cut.ended):
                        return not self.closed
        except (TimeoutError, DeviceError):
            pass
        return False

    async def _look(self, script: str) -> None:
        """Run the script on a channel of its own."""
        output = Output(self._output_bytes)
        await self._start(output, script)
        output.send(b"")
        await output.ended.wait()

    def _late(self, doing: str, seconds: float, cut: Cut, output: Output) -> DeadlineError:
        sentence = f"{self.place.name}: the {doing} did not finish within {seconds:g} s."
        said = output.result(seconds)
        return DeadlineError(sentence, cut.value, printed=said.stdout + said.stderr)

    def _unfinished(self, doing: str) -> DeviceError:
        if self.closed:
            return lost(self.place, f" during the {doing}")
        return ProtocolError(
            f"{self.place.name}: the {doing} ended without an exit status.",
            "Whether it did its work is not known.",
        )


def _check_text(command: str) -> None:
    """Raise InputError for what no command line can hold: NUL, half a surrogate pair."""
    try:
        sound = b"\0" not in command.encode("utf-8")
    except UnicodeEncodeError:
        sound = False
    if not sound:
        raise InputError("A command can hold neither a NUL character nor broken Unicode.")


async def _within(seconds: float, event: asyncio.Event) -> bool:
    """Wait for an event, but not longer than this; True when it happened."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
    return event.is_set()
