"""An upgrade over a ubus session: cgi-io brings the image, rpcd has it judged and flashed.

The device keeps no log and no lock for us here, so that a start which may have left is never
repeated: our own mark decides, and what became of it is read from which boot the device is in.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from owtui.engine.firmware import judging
from owtui.engine.firmware.aim import Aim
from owtui.engine.firmware.options import keeps
from owtui.engine.openwrt import rights
from owtui.engine.openwrt.answer import Answer
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.rpc import UbusRouter
from owtui.engine.openwrt.upgrade import CHECKSUM, START_S, TEST_S, Identity, Standing
from owtui.engine.transport import cgiio
from owtui.engine.transport.base import Progress
from owtui.engine.transport.ubus import UbusSession
from owtui.errors import DeniedError, DeviceError, Kind, MissingError

SLACK_S = 60.0
"""So much may our clock and the device's uptime differ within one boot."""


def boot_mark(boot_id: str, uptime_s: float, at: float) -> str:
    """A boot as a text: its id, "" where that may not be read, and its uptime at our time `at`."""
    return json.dumps([boot_id, round(uptime_s, 1), round(at, 1)])


def is_other_boot(was: str, now: str) -> bool:
    """Whether two marks are of two boots: by their ids, else by the uptime that should have grown.

    An uptime that went back is another boot. One that is too small for the time that has passed is
    one as well, as the device may have been up for some time before anybody looked.
    """
    (was_id, was_up, was_at), (now_id, now_up, now_at) = json.loads(was), json.loads(now)
    if was_id and now_id:
        return bool(was_id != now_id)
    return bool(now_up < was_up or now_up + SLACK_S < was_up + now_at - was_at)


class HttpWay:
    """See way.Way. `clock`: seconds since the epoch, by which boots are told without their id."""

    via = "ubus"
    stops_services = False
    keeps_log = False

    def __init__(self, session: UbusSession, clock: Callable[[], float]) -> None:
        self._session = session
        self._clock = clock
        self._router = UbusRouter(session, acls=lambda: session.acls)

    @property
    def _rights(self) -> tuple[str, ...]:
        return rights.granted(self._session.acls)

    async def facts(self) -> Facts:
        """See Router.facts."""
        return await self._router.facts()

    async def identity(self) -> Identity:
        """By the agent's package and the checksum file, where the session may read them."""
        uuid, checksum, agent = "", "", False
        with suppress(DeniedError, MissingError):
            for section in (await self._router.uci("openwisp")).sections:
                if section.name == "http":
                    agent, uuid = True, section.get("uuid")
        with suppress(DeniedError, MissingError):
            checksum = (await self._router.read_file(CHECKSUM)).decode("ascii", "replace").strip()
        return Identity(agent, uuid, checksum)

    async def sums(self) -> Mapping[str, str]:
        """See Router.fingerprint; of their values where files may not be read."""
        with suppress(DeniedError):
            return (await self._router.fingerprint()).sums
        return {}

    async def has(self, aim: Aim) -> bool:
        """False: a session may not read the image back."""
        return False

    async def part(self, aim: Aim) -> int:
        """None: cgi-upload takes whole files."""
        return 0

    async def free(self) -> int | None:
        """What `system info` tells: available, where a kernel has it, else free."""
        memory = Answer(await self._session.call("system", "info"))["memory"]
        return memory["available"].number or memory["free"].number or None

    async def stop_services(self, *, wifi: bool) -> tuple[str, ...]:
        """None: uhttpd and rpcd are among them, and nobody would start them again."""
        return ()

    async def start_services(self) -> None:
        """Nothing was stopped."""

    async def backup(self) -> bytes | None:
        """By cgi-backup."""
        await self._session.call("system", "board")  # so that the id that is posted lives
        return await cgiio.backup(self._session) if "backup" in self._rights else None

    async def put(self, aim: Aim, data: bytes, stamp: Any, progress: Progress | None) -> Any:
        """By cgi-upload, unless the file of `stamp` is there: a new one has another inode."""
        found = await self._stamp()
        if stamp is not None and found == stamp:
            return stamp
        self._check_rights()
        if progress:
            progress(0, len(data))
        await cgiio.upload(self._session, rights.IMAGE, data, progress)
        return await self._stamp()

    async def _stamp(self) -> list[int] | None:
        try:
            told = Answer(await self._session.call("file", "stat", {"path": rights.IMAGE}))
        except MissingError:
            return None
        return [told[name].number for name in ("size", "inode", "mtime")]

    def _check_rights(self) -> None:
        """Raise DENIED where they were taken away since the plan."""
        missing = [words for name, (words, _) in rights.NEEDED.items() if name not in self._rights]
        if missing:
            raise DeviceError(
                f"{self._session.name}: its session lacks {'; '.join(missing)}.",
                rights.ALLOW,
                kind=Kind.DENIED,
            )

    async def test(self, aim: Aim, options: Mapping[str, bool]) -> str:
        """By `file exec`, which tells sysupgrade's words, else by rpc-sys."""
        if "rpc-sys test" in self._rights:
            answer = await self._session.call("rpc-sys", "upgrade_test", timeout=TEST_S)
        else:
            answer = await self._run(rights.TEST, TEST_S)
        code, said = _ended(answer)
        return "" if code == 0 else said or f"exit status {code}"

    async def clean(self, aim: Aim) -> None:
        """By `file remove`, which asks for the right to write the file."""
        with suppress(DeniedError, MissingError):
            await self._session.call("file", "remove", {"path": rights.IMAGE})

    async def standing(self, key: str, *, asked: bool) -> Standing:
        """No log before a start; once one may have left it is empty, which reads as on its way.

        [guarded-apply.md, section 9: what is neither refused nor never started is running]
        """
        boot = await self._router.boot()
        return Standing(boot_mark(boot.id, boot.uptime_s, self._clock()), "" if asked else None)

    def is_other_boot(self, was: str, found: Standing) -> bool:
        """See is_other_boot."""
        return is_other_boot(was, found.boot_id)

    async def check_image(self, aim: Aim, stamp: Any) -> None:
        """LuCI's own upload goes to the same file: never flash what somebody else put there."""
        if await self._stamp() != stamp:
            raise DeviceError(
                f"{self._session.name}: {rights.IMAGE} is no longer the image that was sent.",
                "Nothing was flashed. Somebody may upgrade it in LuCI: look, then plan again.",
                kind=Kind.CHANGED,
            )

    async def start(self, aim: Aim, options: Mapping[str, bool], key: str, boot: str) -> str:
        """By rpc-sys, which answers first, else by `file exec`, which tells a refusal."""
        try:
            if "rpc-sys start" in self._rights:
                keep: dict[str, object] = {"keep": keeps(options)}
                await self._session.call("rpc-sys", "upgrade_start", keep, timeout=START_S)
                return ""
            words = rights.KEEP if keeps(options) else rights.CLEAN
            code, said = _ended(await self._run(words, START_S))
        except (DeniedError, MissingError) as error:
            return error.sentence  # it was not passed on, so nothing runs
        return "" if judging.is_success(code, said) else said or f"exit status {code}"

    async def write_checksum(self, sha256: str) -> bool:
        """Where the session may write the file and run what proves it."""
        try:
            await self._router.write_file(CHECKSUM, sha256.encode() + b"\n", mode=0o644)
        except (DeniedError, MissingError):
            return False
        return True

    async def _run(self, words: tuple[str, ...], timeout: float) -> dict[str, object]:
        program, *params = words
        arguments: dict[str, object] = {"command": program, "params": params}
        return await self._session.call("file", "exec", arguments, timeout=timeout)


def _ended(answer: Mapping[str, object]) -> tuple[int, str]:
    """Exit status and words of a program that rpcd ran."""
    told = Answer(answer)
    said = told["stderr"].text or told["stdout"].text
    return told["code"].number, said.strip()
