"""One SSH session channel: exec, or an interactive shell with a plain line editor.

The command is a process of the device, not of the connection: when the client goes away a
silent one works on, and one that prints dies of it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncssh

from .processes import Process
from .shell.interpreter import Shell
from .shell.state import PATH
from .streams import Hangup, Pipe, Stream

if TYPE_CHECKING:
    from .host import Host

_WINDOW = 1 << 18
_SIGNALS = {1: "HUP", 2: "INT", 3: "QUIT", 9: "KILL", 15: "TERM"}


class ChannelSink(Stream):
    """stdout or stderr of a session, slowed and cut as the host's faults say."""

    def __init__(self, session: ExecSession, kind: int | None) -> None:
        self._session = session
        self._kind = kind
        self.is_tty = session.terminal

    async def write(self, data: bytes) -> None:
        await self._session.send(data, self._kind)

    def share(self) -> Stream:
        self._session.hold(1)
        return self

    def close(self) -> None:
        self._session.hold(-1)


class TerminalSource(Stream):
    """stdin of a session with a terminal."""

    is_tty = True

    def __init__(self, pipe: Pipe) -> None:
        self._pipe = pipe

    async def read(self, size: int = -1) -> bytes:
        return await self._pipe.take(size)


class ExecSession(asyncssh.SSHServerSession[bytes]):
    """A channel and the process behind it."""

    def __init__(self, host: Host, peer: tuple[str, int], pid: int, key_info: str) -> None:
        self._host = host
        self._peer = peer
        self._parent = pid
        self._key_info = key_info
        self._input = Pipe(_WINDOW)
        self._channel: Any = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._gone = False
        self._holders = 1
        self._unheld = asyncio.Event()
        self._command: str | None = None
        self._process: Process | None = None
        self.terminal = False

    # -- asyncssh's callbacks --------------------------------------------------------------

    def connection_made(self, chan: Any) -> None:
        self._channel = chan

    def pty_requested(self, term_type: str, term_size: Any, term_modes: Any) -> bool:
        self.terminal = True
        return True

    def shell_requested(self) -> bool:
        return True

    def exec_requested(self, command: str | bytes) -> bool:
        text = command if isinstance(command, str) else command.decode("utf-8", "surrogateescape")
        self._command = text
        return True

    def subsystem_requested(self, subsystem: str) -> bool:
        """Dropbear runs an sftp-server that OpenWrt does not ship."""
        self._command = f"/usr/libexec/{subsystem}-server"
        return subsystem == "sftp"

    def session_started(self) -> None:
        device = self._host.device
        argv = ["-ash"] if self._command is None else ["ash", "-c", self._command]
        environ = self._environ()
        self._process = device.processes.spawn(
            self._parent, " ".join(argv), self._run(environ), argv=argv, environ=environ
        )

    def _environ(self) -> dict[str, str]:
        """What dropbear puts into the environment of a session.

        Loopback addresses stand for a network in which the manager comes in by the gateway of the
        device's own LAN: that is what the device sees, and what its configuration speaks of.
        """
        spec = self._host.spec
        client, address = f"{spec.site().gateway} {self._peer[1]}", spec.lan_address
        environ = {
            "USER": "root",
            "SSH_CLIENT": f"{client} 22",
            "SHLVL": "1",
            "HOME": "/root",
            "LOGNAME": "root",
            "PATH": PATH,
            "SHELL": "/bin/ash",
            "SSH_CONNECTION": f"{client} {address} 22",
        }
        return environ | ({"SSH_PUBKEYINFO": self._key_info} if self._key_info else {})

    def data_received(self, data: bytes, datatype: Any) -> None:
        if self._input.feed(data) > _WINDOW:
            self._channel.pause_reading()
            asyncio.get_running_loop().call_soon(self._resume)

    def _resume(self) -> None:
        if self._gone:
            return
        if self._input.full:
            asyncio.get_running_loop().call_later(0.01, self._resume)
        else:
            self._channel.resume_reading()

    def eof_received(self) -> bool:
        self._input.writer.close()
        return True

    def signal_received(self, signal: str) -> None:
        number = next((n for n, name in _SIGNALS.items() if name == signal), 0)
        if self._process is not None:
            self._host.device.processes.kill(self._process.pid, number)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone = True
        self._writable.set()
        self._unheld.set()
        if self._input.writers > 0:
            self._input.writer.close()

    # -- the process -----------------------------------------------------------------------

    def hold(self, change: int) -> None:
        """Count who may still write; the channel closes when nobody may, as dropbear's does."""
        self._holders += change
        if self._holders <= 0:
            self._unheld.set()

    async def send(self, data: bytes, kind: int | None) -> None:
        """Write to the client; raises Hangup when it has gone."""
        if self.terminal:
            data = data.replace(b"\n", b"\r\n")
        await self._host.faults.before_output(self._host, len(data))
        await self._writable.wait()
        if self._gone or self._channel.is_closing():
            raise Hangup
        self._channel.write(data, kind)

    async def _run(self, environ: dict[str, str]) -> int:
        host, device = self._host, self._host.device
        out = ChannelSink(self, None)
        err = out if self.terminal else ChannelSink(self, asyncssh.EXTENDED_DATA_STDERR)
        source = TerminalSource(self._input) if self.terminal else self._input.reader
        assert self._process is not None
        shell = Shell(device, {0: source, 1: out, 2: err}, self._process.pid)
        shell.vars |= environ
        shell.exported |= environ.keys()
        status = 255
        try:
            await host.faults.before_command(host)
            status = await self._work(shell)
            self.hold(-1)
            await self._unheld.wait()
        finally:
            self._report(status)
        return status

    def _report(self, status: int) -> None:
        """Tell the client how its command ended."""
        signal = self._process.signal if self._process is not None else 0
        if self._gone:
            return
        if signal:
            self._channel.exit_with_signal(_SIGNALS.get(signal, "TERM"))
        else:
            self._channel.exit(status & 255)

    async def _work(self, shell: Shell) -> int:
        if self._command is None:
            from .terminal import converse  # only interactive sessions need it

            return await converse(shell, self._input, self.terminal)
        self._host.device.effects.commands[self._command] += 1
        return await shell.main(self._command)
