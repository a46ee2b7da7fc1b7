"""The verbs of an upgrade over SSH: who a device is, room in its memory, sysupgrade itself.

Command lines for ash and the reading of what they print. All that a later life of the engine must
know is on the device: which services were stopped, and the log of the one sysupgrade of a job.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass

from owtui.engine.openwrt.quoting import absolute, quote
from owtui.engine.openwrt.router import Router
from owtui.engine.transport.ending import VARIABLE
from owtui.engine.transport.upload import KEPT, kept
from owtui.errors import CommandError, DeviceError, MissingError, ProtocolError

FOLDER = "/tmp/owtui-upgrade"
LOCK = "/tmp/owtui-upgrade.lock"
STOPPED = f"{FOLDER}/stopped"
TIMER = f"{FOLDER}/timer.pid"
BACKUP = f"{FOLDER}/backup.tgz"
CHECKSUM = "/etc/openwisp/firmware_checksum"
AGENT_CHECKSUM = "/etc/openwisp/checksum"
BOOT_ID = "/proc/sys/kernel/random/boot_id"

SERVICES = (
    *("uhttpd", "dnsmasq", "openwisp_config", "openwisp-config", "openwisp-monitoring", "cron"),
    *("rpcd", "rssileds", "odhcpd", "log"),
)
"""What is stopped where the memory does not suffice, as OpenWISP does."""

RESTART_AFTER_S = 900
"""So long may they stay away: a device whose manager died starts them again by itself."""

BACKUP_S = 120.0
TEST_S = 120.0
START_S = 30.0
SERVICES_S = 120.0


@dataclass(frozen=True, slots=True)
class Identity:
    """Who answers: `uuid` is the agent's, "" without one; `agent`: its package has an http part.

    checksum: of the image that was installed last, "" where nobody wrote one
    """

    agent: bool
    uuid: str
    checksum: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Which boot this is, the log of this job's sysupgrade (None: not started) and its release."""

    boot_id: str
    log: str | None
    version: str = ""


async def identity(router: Router) -> Identity:
    """Read the agent's UUID and the checksum file in one round trip."""
    result = await router.exec(
        "uci -q get openwisp.http >/dev/null && echo agent yes; "
        f"echo uuid $(uci -q get openwisp.http.uuid); echo sum $(cat {CHECKSUM} 2>/dev/null)"
    )
    told = _told(result.text)
    return Identity("agent" in told, told.get("uuid", ""), told.get("sum", ""))


async def meminfo(router: Router) -> str:
    """Drop what can be dropped and read /proc/meminfo."""
    result = await router.exec(
        "rm -rf /tmp/opkg-lists/; sync && echo 3 2>/dev/null >/proc/sys/vm/drop_caches; "
        "cat /proc/meminfo"
    )
    return result.text


async def has(router: Router, path: str, sha256: str) -> bool:
    """Whether a file of this sum is there."""
    result = await router.exec(f"sha256sum {quote(absolute(path))} 2>/dev/null")
    return result.text.startswith(sha256)


async def part(router: Router, path: str, sha256: str) -> int:
    """Bytes that a cut upload has left of this file; parts of other ones are removed."""
    mine = quote(kept(absolute(path), sha256))
    result = await router.exec(
        f'for f in {quote(posixpath.dirname(path))}/*{KEPT}; do [ "$f" = {mine} ]||rm -f "$f"; '
        f"done; [ ! -f {mine} ]||{{ set -- $(ls -l {mine}); echo $5; }}"
    )
    said = result.text.strip()
    return int(said) if said.isascii() and said.isdigit() else 0


async def stop_services(router: Router, *, wifi: bool = False) -> tuple[str, ...]:
    """Stop what runs of SERVICES, or the Wi-Fi; returns all that is stopped by us so far.

    A name is written down before it is stopped, and never twice: whatever dies in between, what
    was running is started again by `start_services`, or by the device itself after 15 minutes.
    What cannot be written down, as where /tmp is full, is not stopped.
    """
    many = f"for s in {' '.join(SERVICES)}; do r=/etc/init.d/$s; [ -x $r ]&&$r running "
    many += f">/dev/null 2>&1||continue; grep -qx $s {STOPPED}||echo $s >>{STOPPED}; "
    many += f"grep -qx $s {STOPPED}&&$r stop; done"
    air = f"[ ! -x /sbin/wifi ]||grep -qx wifi {STOPPED}||{{ echo wifi >>{STOPPED}; "
    air += f"! grep -qx wifi {STOPPED}||{{ (sleep 1; wifi down) >/dev/null 2>&1 </dev/null & }}; }}"
    timer = _detached(f"sleep {RESTART_AFTER_S}; {_START_ALL}", "timer")
    result = await router.exec(
        f"mkdir -p {FOLDER}; [ -e {STOPPED} ]||{{ : >{STOPPED}; {timer}; }}; "
        f"{{ {air if wifi else many}; }} >/dev/null 2>&1; cat {STOPPED}",
        timeout=SERVICES_S,
    )
    return tuple(result.text.split())


async def start_services(router: Router) -> tuple[str, ...]:
    """Start exactly what `stop_services` has stopped; () when nothing was.

    Its timer ends as well: it would start in the middle what the next upgrade has stopped.
    """
    result = await router.exec(
        f"[ -e {STOPPED} ]||exit 0; cat {STOPPED}; kill $(cat {TIMER}) 2>/dev/null; "
        f"{{ {_START_ALL}; }} >/dev/null 2>&1",
        timeout=SERVICES_S,
    )
    return tuple(result.text.split())


_START_ALL = (
    f"[ -e {STOPPED} ]&&{{ while read s; do if [ $s = wifi ]; then wifi up; "
    f"else /etc/init.d/$s start; fi </dev/null; done <{STOPPED}; rm -f {STOPPED}; }}"
)


async def backup(router: Router) -> bytes:
    """The archive of `sysupgrade -b`; nothing of it stays on the device. Raises CommandError."""
    made = await router.exec(
        f"umask 077; mkdir -p {FOLDER}; /sbin/sysupgrade -b {BACKUP}", timeout=BACKUP_S
    )
    try:
        if not made.ok:
            said = made.complaint or f"exit status {made.exit_status}"
            raise CommandError(
                f"Its configuration could not be saved: {said}",
                "Look what `sysupgrade -b /tmp/x.tgz` says on it.",
            )
        return await router.read_file(BACKUP)
    finally:
        await router.exec(f"rm -f {BACKUP}")


async def test(router: Router, path: str, flags: Sequence[str] = ()) -> str:
    """Ask sysupgrade whether it takes the image; "" when it does, else its words."""
    chosen = " ".join(["-T", *(one for one in flags if one in ("-F", "-n"))])
    result = await router.exec(f"/sbin/sysupgrade {chosen} {quote(path)}", timeout=TEST_S)
    if result.ok:
        return ""
    return result.complaint or f"exit status {result.exit_status}"


async def start(router: Router, line: str, path: str, key: str, boot_id: str) -> None:
    """Start `line`, detached and once: not in another boot, not twice for this `key`.

    Returns at once, as the device may be gone in half a second; the log tells whether it began.
    Asking again is safe. Raises MissingError where the image is gone.
    """
    log = _log(key)
    work = (
        f"exec 9>{LOCK}; flock -n 9||exit 0; [ ! -e {log} ]||exit 0; "
        f'[ "$(cat {BOOT_ID})" = {boot_id} ]||exit 0; : >{log}; '
        f"rm -f {AGENT_CHECKSUM}; {line} >>{log} 2>&1; echo rc=$? >>{log}"
    )
    result = await router.exec(
        f"[ -e {log} ]&&exit 0; [ -f {quote(path)} ]||exit 4; mkdir -p {FOLDER}; "
        f"{_detached(work, 'flash')}; :",  # it refuses where one runs: the log tells
        timeout=START_S,
    )
    if result.exit_status == 4:
        raise MissingError(f"{path} is no longer on the device.", "It rebooted: try again.")
    if not result.ok:
        raise DeviceError(
            f"sysupgrade did not start: {result.complaint or result.exit_status}",
            "Another upgrade may be under way on it.",
        )


async def standing(router: Router, key: str) -> Standing:
    """Which boot this is and what sysupgrade of this job has said, in one round trip."""
    log = _log(key)
    result = await router.exec(
        f"echo boot $(cat {BOOT_ID}); . /etc/openwrt_release 2>/dev/null; "
        f"echo version $DISTRIB_RELEASE; [ -e {log} ]||exit 0; echo log; cat {log}"
    )
    head, found, log_text = result.text.partition("\nlog\n")
    told = _told(head)
    if not told.get("boot"):
        raise ProtocolError(
            "It does not tell which boot this is.", f"Look whether {BOOT_ID} can be read on it."
        )
    return Standing(told["boot"], log_text if found else None, told.get("version", ""))


async def write_checksum(router: Router, sha256: str) -> None:
    """Write down which image was installed, where OpenWISP looks for it."""
    result = await router.exec(
        f"mkdir -p /etc/openwisp && echo {quote(sha256)} >{CHECKSUM} && cat {CHECKSUM}"
    )
    if result.text.strip() != sha256:
        raise CommandError(f"{CHECKSUM} was not written: {result.complaint}")


async def clean(router: Router, path: str) -> None:
    """Remove an image that will not be flashed, and what there is of one.

    It stays where a sysupgrade is under way.
    """
    image = quote(absolute(path))
    await router.exec(f"flock -n {LOCK} rm -f {image} {image}.*{KEPT}")


def _detached(work: str, name: str) -> str:
    """A command that starts `work` as nobody's child; whoever ends a cut command spares it."""
    quoted = quote(work)
    return (
        f"(unset {VARIABLE}; if command -v start-stop-daemon >/dev/null; then "
        f"exec start-stop-daemon -S -b -m -p {FOLDER}/{name}.pid -x /bin/sh -- -c {quoted}; "
        f"else setsid sh -c {quoted} & fi) >/dev/null 2>&1 </dev/null"
    )


def _log(key: str) -> str:
    if not re.fullmatch(r"[0-9a-f-]+", key):
        raise ValueError(f"{key!r} is no key of a job")
    return f"{FOLDER}-{key}.log"


def _told(text: str) -> dict[str, str]:
    """Lines "key value" as a table."""
    rows = (line.partition(" ") for line in text.splitlines())
    return {key: value.strip() for key, _, value in rows}
