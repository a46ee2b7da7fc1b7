"""An interactive ash: prompt, echo and the editing keys that a terminal without readline has."""

from __future__ import annotations

from .shell.control import Exit
from .shell.interpreter import Shell
from .shell.parser import parse
from .shell.syntax import ShellSyntaxError
from .streams import Hangup, Pipe

_PROMPT = "root@{host}:{folder}# "


async def converse(shell: Shell, source: Pipe, terminal: bool) -> int:
    """Read and run lines until exit or the end of input; returns the exit status."""
    if terminal:
        try:
            banner = shell.device.files.read("/etc/banner")
        except OSError:  # /etc/profile: [ -f /etc/banner ] && cat /etc/banner
            banner = b""
        await shell.fds[1].write(b"\n\nBusyBox v1.36.1 built-in shell (ash)\n\n" + banner)
    reader = _LineReader(shell, source, terminal)
    text = ""
    try:
        while True:
            line = await reader.line(continued=bool(text))
            if line is None:
                return shell.status
            text += line
            if not _complete(text):
                continue
            if text.strip():
                shell.device.effects.commands[text.strip()] += 1
                await _run(shell, text)
            text = ""
    except Exit as done:
        return done.status
    except Hangup:
        return 141


async def _run(shell: Shell, text: str) -> None:
    try:
        await shell.run(parse(text))
    except ShellSyntaxError as error:
        await shell.complain(str(error))
        shell.status = 2


def _complete(text: str) -> bool:
    try:
        parse(text)
    except ShellSyntaxError as error:
        return not ("unterminated" in str(error) or "end of file" in str(error))
    return not text.endswith("\\\n")


class _LineReader:
    def __init__(self, shell: Shell, source: Pipe, terminal: bool) -> None:
        self._shell = shell
        self._source = source
        self._terminal = terminal

    async def line(self, continued: bool) -> str | None:
        """Return one line with its newline, "" for one given up, None at the end."""
        if not self._terminal:
            return (await self._source.reader.readline()).decode("utf-8", "replace") or None
        shell = self._shell
        folder = "~" if shell.cwd == "/root" else shell.cwd
        prompt = "> " if continued else _PROMPT.format(host=shell.device.hostname, folder=folder)
        await self._echo(prompt)
        typed = bytearray()
        while byte := await self._source.take(1):
            if byte in b"\r\n":
                await self._echo("\n")
                return typed.decode("utf-8", "replace") + "\n"
            if byte == b"\x03":
                await self._echo("^C\n")
                return ""
            if byte == b"\x04":
                if not typed:
                    return None
            elif byte in b"\x7f\x08":
                if typed:
                    del typed[-1]
                    await self._echo("\b \b")
            elif byte >= b" ":
                typed += byte
                await self._shell.fds[1].write(byte)
        return None

    async def _echo(self, text: str) -> None:
        await self._shell.fds[1].write(text.encode())
