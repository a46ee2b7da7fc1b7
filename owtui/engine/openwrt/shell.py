"""The verbs over SSH: command lines for ash and the reading of what they print.

Nothing here assumes more than busybox has on 19.07; errors are told from exit codes and from the
words of strerror, which no OpenWrt image translates.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from owtui.engine.configs.model import Running
from owtui.engine.openwrt import collect, probe, snapshot, sums, uci
from owtui.engine.openwrt.collect import Report
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.quoting import (
    absolute,
    new_password,
    package_name,
    quote,
    service_verb,
)
from owtui.engine.openwrt.router import Boot
from owtui.engine.openwrt.sums import Fingerprint, Survey
from owtui.engine.transport.base import CommandResult, Progress, Shell
from owtui.errors import (
    CommandError,
    DeniedError,
    DeviceError,
    MissingError,
    NoSpaceError,
    ProtocolError,
)

_NOT_FOUND = 127  # POSIX: the shell found no such command
_BOOT_ID = "/proc/sys/kernel/random/boot_id"
_REBOOT_DELAY_S = 1  # the session ends in peace before the device goes


class SshRouter:
    """A device behind a logged-in SSH session; `name` is for sentences."""

    via = "ssh"

    def __init__(
        self, shell: Shell, name: str, token: Callable[[], str] = lambda: secrets.token_hex(12)
    ) -> None:
        self._shell = shell
        self._name = name
        self._token = token

    async def facts(self) -> Facts:
        """Read everything with one command; parts the image lacks stay empty."""
        token = self._token()
        result = await self._shell.run(probe.script(token))
        return probe.read(result.stdout, token).facts(self.via)

    async def survey(self, paths: Sequence[str] = ()) -> Survey:
        """Read facts and fingerprint with one command."""
        token = self._token()
        result = await self._shell.run(probe.script(token, paths))
        reading = probe.read(result.stdout, token)
        return Survey(reading.facts(self.via), sums.read(reading.sums, paths))

    async def collect(self, paths: Sequence[str] = ()) -> Report:
        """Read facts, fingerprint and monitoring data with one command."""
        token = self._token()
        result = await self._shell.run(collect.script(token, paths))
        return collect.read(result.stdout, token, self.via, paths)

    async def fingerprint(self, paths: Sequence[str] = ()) -> Fingerprint:
        """Read the checksums with one md5sum."""
        result = await self._shell.run(sums.command(paths))
        found = sums.read(result.stdout.decode("utf-8", "surrogateescape"), paths)
        if found is None:
            raise ProtocolError(
                f"{self._name} shows no configuration.",
                f"Look whether {sums.FOLDER} can be read on it.",
            )
        return found

    async def configuration(self, paths: Sequence[str] = ()) -> Running:
        """Read everything with one command; once more when a file moved meanwhile."""
        try:
            return await self._configuration(paths)
        except snapshot.MovedError:
            return await self._configuration(paths)

    async def _configuration(self, paths: Sequence[str]) -> Running:
        token = self._token()
        result = await self._shell.run(snapshot.script(token, paths))
        if result.cut:
            raise ProtocolError(
                f"{self._name}: its configuration is too large to be read in whole.",
                f"Move what is no configuration out of {sums.FOLDER}.",
            )
        return snapshot.read(result.stdout, token, paths, datetime.now(UTC))

    async def boot(self) -> Boot:
        """Read boot id and uptime. Raises ProtocolError where the device tells neither."""
        result = await self._shell.run(f"cat /proc/uptime {_BOOT_ID}")
        words = result.text.split()  # uptime, idle time, boot id
        try:
            return Boot(words[2] if len(words) > 2 else "", float(words[0]))
        except (IndexError, ValueError) as error:
            raise ProtocolError(f"{self._name} does not tell how long it has been up.") from error

    async def uci(self, package: str) -> uci.Package:
        """Read a committed package: its file, since `uci export` adds what any session staged."""
        name = package_name(package)
        try:
            data = await self.read_file(f"/etc/config/{name}")
        except MissingError as error:
            raise MissingError(f"{self._name} has no UCI package {name}.") from error
        return uci.parse(data, name)

    async def read_file(self, path: str) -> bytes:
        """Read a whole file, byte for byte."""
        result = await self._shell.run(f"cat {quote(absolute(path))}")
        if not result.ok:
            raise self._failed(result, f"read {path}")
        if result.cut:
            raise ProtocolError(
                f"{self._name}: {path} is too large to be read in whole.",
                "Read a part of it with a command: head, tail, dd.",
            )
        return result.stdout

    async def write_file(
        self,
        path: str,
        data: bytes,
        *,
        mode: int = 0o600,
        progress: Progress | None = None,
        resume: bool = False,
    ) -> None:
        """Replace a file atomically and prove it by its checksum."""
        await self._shell.upload(data, absolute(path), mode=mode, progress=progress, resume=resume)

    async def service(self, name: str, verb: str) -> None:
        """Call an init script. Raises MissingError where there is none, CommandError."""
        result = await self._shell.run(f"{quote(service_verb(name, verb))} {verb}")
        if result.exit_status == _NOT_FOUND:
            raise MissingError(
                f"{self._name} has no service {name}.", "Install its package, or check the name."
            )
        if not result.ok:
            raise self._failed(result, f"{verb} {name}")

    async def exec(
        self, command: str, *, stdin: bytes = b"", timeout: float | None = None
    ) -> CommandResult:
        """Run a command line as it is; its exit status is a result."""
        return await self._shell.run(command, stdin=stdin, timeout=timeout)

    async def set_password(self, username: str, password: str) -> None:
        """Change a password with `passwd`, which reads it twice from stdin.

        The outcome is taken from passwd itself: a login proves nothing, since a factory device
        lets any password in.
        """
        twice = new_password(username, password)
        result = await self._shell.run(f"passwd {quote(username)} 2>&1", stdin=twice)
        said = result.text.lower()
        if result.exit_status == _NOT_FOUND:
            raise MissingError(f"{self._name} has no passwd.", "Set the password another way.")
        if "unknown user" in said:
            raise MissingError(f"{self._name} has no user {username}.", "Check the name.")
        if not result.ok or "unchanged" in said:
            raise CommandError(f"{self._name} did not change the password of {username}.")

    async def reboot(self, boot_id: str = "") -> None:
        """Ask for a reboot, detached: the answer comes before the connection goes.

        The device compares the boot id itself: a connection that was made anew may be to the next
        boot already.
        """
        same = f'[ "$(cat {_BOOT_ID})" = {quote(boot_id)} ] || exit 0; ' if boot_id else ""
        result = await self._shell.run(
            f"command -v reboot >/dev/null || exit 127; {same}"
            f"(sleep {_REBOOT_DELAY_S}; reboot) >/dev/null 2>&1 </dev/null &"
        )
        if result.exit_status == _NOT_FOUND:
            raise MissingError(f"{self._name} has no reboot command.")
        if not result.ok:
            raise self._failed(result, "reboot")

    def _failed(self, result: CommandResult, what: str) -> DeviceError:
        said = result.complaint
        last = said.splitlines()[-1] if said else f"exit status {result.exit_status}"
        for words, kind in _REASONS.items():
            if words in said:
                return kind(f"{self._name} could not {what}: {last}")
        return CommandError(f"{self._name} could not {what}: {last}")


_REASONS: dict[str, type[DeviceError]] = {
    "No such file or directory": MissingError,
    "nonexistent directory": MissingError,
    "Permission denied": DeniedError,
    "Operation not permitted": DeniedError,
    "Is a directory": MissingError,
    "No space left on device": NoSpaceError,
}
