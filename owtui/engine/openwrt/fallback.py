"""A router over ubus that asks SSH for what the ubus session may not do.

A refusal of the ACL changed nothing on the device, so the same verb may safely be tried another
way; any other failure is final.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from owtui.engine.configs.model import Running
from owtui.engine.openwrt.collect import Report
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.router import Boot, Router
from owtui.engine.openwrt.sums import Fingerprint, Survey, told_only
from owtui.engine.openwrt.uci import Package
from owtui.engine.transport.base import CommandResult, Progress
from owtui.engine.transport.ubus import NoObjectError
from owtui.errors import DeniedError, DeviceError

T = TypeVar("T")


class FallbackRouter:
    """`first` for all it may do, what `second` opens for the rest.

    `second` is called at most once; when it cannot be opened, the first refusal is told.
    """

    def __init__(self, first: Router, second: Callable[[], Awaitable[Router]]) -> None:
        self.via = first.via  # what is asked first
        self._first = first
        self._open_second = second
        self._second: Router | None = None

    async def facts(self) -> Facts:
        """See Router.facts."""
        return await self._try(lambda router: router.facts())

    async def survey(self, paths: Sequence[str] = ()) -> Survey:
        """See Router.survey."""
        return await self._try(lambda router: router.survey(paths))

    async def collect(self, paths: Sequence[str] = ()) -> Report:
        """See Router.collect; what ubus may not tell is not worth a login over SSH each minute."""
        return await self._try(lambda router: router.collect(paths))

    async def fingerprint(self, paths: Sequence[str] = ()) -> Fingerprint:
        """See Router.fingerprint."""
        return await self._try(lambda router: router.fingerprint(paths))

    async def configuration(self, paths: Sequence[str] = ()) -> Running:
        """See Router.configuration; where ubus told less than all, SSH is asked for the whole."""
        try:
            running = await self._first.configuration(paths)
        except (DeniedError, NoObjectError) as refusal:
            return await (await self._other(refusal)).configuration(paths)
        if running.unread or told_only(running.sums):
            with suppress(DeviceError):
                return await (await self._other(None)).configuration(paths)
        return running

    async def boot(self) -> Boot:
        """See Router.boot."""
        return await self._try(lambda router: router.boot())

    async def uci(self, package: str) -> Package:
        """See Router.uci."""
        return await self._try(lambda router: router.uci(package))

    async def read_file(self, path: str) -> bytes:
        """See Router.read_file."""
        return await self._try(lambda router: router.read_file(path))

    async def write_file(
        self,
        path: str,
        data: bytes,
        *,
        mode: int = 0o600,
        progress: Progress | None = None,
        resume: bool = False,
    ) -> None:
        """See Router.write_file."""
        await self._try(
            lambda router: router.write_file(
                path, data, mode=mode, progress=progress, resume=resume
            )
        )

    async def service(self, name: str, verb: str) -> None:
        """See Router.service."""
        await self._try(lambda router: router.service(name, verb))

    async def exec(
        self, command: str, *, stdin: bytes = b"", timeout: float | None = None
    ) -> CommandResult:
        """See Router.exec."""
        return await self._try(lambda router: router.exec(command, stdin=stdin, timeout=timeout))

    async def set_password(self, username: str, password: str) -> None:
        """See Router.set_password."""
        await self._try(lambda router: router.set_password(username, password))

    async def reboot(self, boot_id: str = "") -> None:
        """See Router.reboot."""
        await self._try(lambda router: router.reboot(boot_id))

    async def _try(self, verb: Callable[[Router], Awaitable[T]]) -> T:
        try:
            return await verb(self._first)
        except (DeniedError, NoObjectError) as refusal:
            return await verb(await self._other(refusal))

    async def _other(self, refusal: DeviceError | None) -> Router:
        """The second router; where it cannot be opened, `refusal` is what is told."""
        try:
            self._second = self._second or await self._open_second()
        except DeviceError:
            if refusal is None:
                raise
            raise refusal from None
        return self._second
