"""A device's shell on the terminal of the person: raw while it lasts, as before afterwards.

The tty is opened anew without blocking, so that a slow screen holds up neither the engine nor, by a
flag on the shared description, the programs around us.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
import termios
import threading
import tty
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import Enum

from owtui.engine.transport.terminal import USUAL, Size, Terminal

BLOCK = 16 * 1024
_ALTERNATE = (b"\x1b[?1049h", b"\x1b[?1049l")
_RESET = b"\x1b[?1000;1002;1003;1004;1006;2004l\x1b[?25h\x1b[?1l\x1b>\x1b[m"
"""What a full-screen program on a device that is gone can undo no more: mouse, paste, keypad."""


class Left(Enum):
    """How a session at the terminal ended."""

    EXITED = "exited"  # the shell returned
    LOST = "lost"  # the device or the connection went away
    ESCAPED = "escaped"  # by ~.
    HUNG_UP = "hung up"  # our own terminal went away


class Escape:
    """Finds `~.` at the beginning of a line, as OpenSSH has it; `~~` is one tilde."""

    def __init__(self) -> None:
        self._at_start = True
        self._tilde = False

    def feed(self, typed: bytes) -> tuple[bytes, bool]:
        """Take what was typed; return what the device shall have, and whether to leave."""
        sent = bytearray()
        for byte in typed:
            if self._tilde:
                self._tilde = False
                if byte == ord("."):
                    return bytes(sent), True
                if byte != ord("~"):
                    sent += b"~"
            elif self._at_start and byte == ord("~"):
                self._tilde = True
                continue
            sent.append(byte)
            self._at_start = byte in b"\r\n"
        return bytes(sent), False


class Attachment:
    """One terminal of a device on one local tty, until one of the two goes."""

    def __init__(self, terminal: Terminal, stdin_fd: int = 0, stdout_fd: int = 1) -> None:
        self._terminal = terminal
        self._stdin = stdin_fd
        self._stdout = stdout_fd
        self._escape = Escape()
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[Left] = self._loop.create_future()
        self._tail = b""
        self._alternate = False

    async def run(self) -> Left:
        """Pass bytes both ways. The tty is restored whatever ends this, cancellation too.

        Raises termios.error when `stdin_fd` is no terminal.
        """
        with ExitStack() as undo:
            keys = undo.enter_context(_opened(self._stdin))
            screen = undo.enter_context(_opened(self._stdout))
            undo.callback(self._mend, screen)
            undo.enter_context(_raw(self._stdin))
            self._fit()
            self._loop.add_reader(keys, self._typed, keys)
            undo.callback(self._loop.remove_reader, keys)
            show = asyncio.create_task(self._show(screen), name=f"show {self._terminal.name}")
            try:
                await asyncio.wait({show, self._end}, return_when=asyncio.FIRST_COMPLETED)
                return self._end.result() if self._end.done() else show.result()
            finally:
                show.cancel()
                await asyncio.gather(show, return_exceptions=True)

    def resized(self) -> None:
        """Pass on that the local window has another size; call it from any thread."""
        self._loop.call_soon_threadsafe(self._fit)

    def _fit(self) -> None:
        with contextlib.suppress(OSError):
            self._terminal.resize(*size_of(self._stdout))

    def _typed(self, keys: int) -> None:
        try:
            data = os.read(keys, BLOCK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._loop.remove_reader(keys)
            self._leave(Left.HUNG_UP)
            return
        data, leave = self._escape.feed(data)
        if data:
            self._terminal.write(data)
        if leave:
            self._leave(Left.ESCAPED)

    def _leave(self, how: Left) -> None:
        if not self._end.done():
            self._end.set_result(how)

    async def _show(self, screen: int) -> Left:
        async for block in self._terminal:
            self._look(block)
            try:
                await self._write(screen, block)
            except OSError:
                return Left.HUNG_UP
        return Left.LOST if self._terminal.exit_status is None else Left.EXITED

    async def _write(self, screen: int, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[os.write(screen, rest[:BLOCK]) :]
            except BlockingIOError:
                await self._writable(screen)

    async def _writable(self, screen: int) -> None:
        ready = asyncio.Event()
        self._loop.add_writer(screen, ready.set)
        try:
            await ready.wait()
        finally:
            self._loop.remove_writer(screen)

    def _look(self, block: bytes) -> None:
        """Note whether the device has the alternate screen on; a sequence may be cut in two."""
        seen = self._tail + block
        on, off = (seen.rfind(sequence) for sequence in _ALTERNATE)
        if max(on, off) >= 0:
            self._alternate = on > off
        self._tail = seen[1 - len(_ALTERNATE[0]) :]

    def _mend(self, screen: int) -> None:
        """Undo on the screen what the device cannot, unless its shell ended in peace."""
        if self._terminal.exit_status is not None:
            return
        with contextlib.suppress(OSError):  # the terminal is gone, or does not listen now
            os.write(screen, (_ALTERNATE[1] if self._alternate else b"") + _RESET)


async def attach(terminal: Terminal, stdin_fd: int = 0, stdout_fd: int = 1) -> Left:
    """Put a device's shell on a tty until it ends, `~.` is typed or the connection is lost.

    In the main thread changes of the window's size are followed; an engine in another thread has
    its face call `Attachment.resized` from its own SIGWINCH handler.
    """
    attachment = Attachment(terminal, stdin_fd, stdout_fd)
    if threading.current_thread() is not threading.main_thread():
        return await attachment.run()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGWINCH, attachment.resized)
    try:
        return await attachment.run()
    finally:
        loop.remove_signal_handler(signal.SIGWINCH)


def size_of(fd: int) -> Size:
    """The size of a tty; the usual one where it knows none. Raises OSError for what is no tty."""
    columns, rows = os.get_terminal_size(fd)
    return Size(columns or USUAL.columns, rows or USUAL.rows)


@contextmanager
def _raw(fd: int) -> Iterator[None]:
    """A tty that passes every key on as it is; as before afterwards, unless it is gone."""
    before = termios.tcgetattr(fd)
    tty.setraw(fd, termios.TCSANOW)
    try:
        yield
    finally:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(fd, termios.TCSANOW, before)


@contextmanager
def _opened(fd: int) -> Iterator[int]:
    """A description of our own of the same tty, that does not block.

    Where the tty has no name here (another namespace's), a copy that does.
    """
    try:
        own = os.open(os.ttyname(fd), os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.EBADF:
            raise
        own = os.dup(fd)
    try:
        yield own
    finally:
        os.close(own)
