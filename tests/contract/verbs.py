"""What every router must do, whichever transport it stands on: assertions, free of fixtures.

`router` is an open Router; each function leaves the device as it found it unless it says so.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from owtui.engine.monitoring.document import Document, check
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.router import Boot, Router
from owtui.errors import CommandError, DeniedError, InputError, MissingError


@dataclass(frozen=True, slots=True)
class Expected:
    """What is known of the device beforehand; `addresses` are among those of its interfaces."""

    hostname: str
    model: str = ""
    board: str = ""
    version: str = ""
    mac: str = ""
    addresses: tuple[str, ...] = ()
    more: dict[str, object] = field(default_factory=dict)


async def check_facts(router: Router, expected: Expected) -> Facts:
    """All that is known is told, all that every device has is there, once and again."""
    facts = await router.facts()
    assert facts.via == router.via
    assert facts.hostname == expected.hostname
    for name in ("model", "board", "version", "mac"):
        if wanted := getattr(expected, name):
            assert getattr(facts, name) == wanted, name
    for name, wanted in expected.more.items():
        assert getattr(facts, name) == wanted, name
    assert facts.distribution == "OpenWrt"
    assert facts.description.startswith(f"OpenWrt {facts.version}")
    assert facts.kernel and facts.target and facts.mac
    assert 0 < facts.memory_available <= facts.memory_total
    if facts.via == "ssh" or not facts.version.startswith("19."):  # no rooms in its system info
        assert 0 < facts.flash_available <= facts.flash_total
        assert 0 < facts.tmp_available <= facts.tmp_total
    assert facts.uptime_s > 0
    assert facts.cpus >= 1
    names = [interface.name for interface in facts.interfaces]
    assert "lo" not in names and len(names) == len(set(names)) >= 1
    told = {address for interface in facts.interfaces for address in interface.addresses}
    assert set(expected.addresses) <= told
    assert Facts.from_dict(facts.as_dict()) == facts
    again = await router.facts()
    assert (again.mac, again.boot_id, again.board) == (facts.mac, facts.boot_id, facts.board)
    assert again.uptime_s >= facts.uptime_s
    return facts


async def check_boot(router: Router) -> Boot:
    """One life of a device has one id and an uptime that grows."""
    boot, later = await router.boot(), await router.boot()
    assert later.id == boot.id
    assert later.uptime_s >= boot.uptime_s >= 0
    return boot


async def check_uci(router: Router, hostname: str) -> None:
    """A package is read in its order and types; one that does not exist is missing."""
    system = await router.uci("system")
    (section,) = system.typed("system")
    assert section.anonymous and section.get("hostname") == hostname
    assert section.handle.startswith("cfg01")
    network = await router.uci("network")
    assert network.sections[0].name == "loopback"
    lan = network.section("lan")
    assert lan is not None and lan.type == "interface"
    with pytest.raises(MissingError, match="nosuchpackage"):
        await router.uci("nosuchpackage")
    with pytest.raises(InputError):
        await router.uci("../shadow")


async def check_uci_is_committed_only(router: Router) -> None:
    """What a session staged is not what the device has."""
    before = await router.uci("system")
    assert (await router.exec("uci set system.@system[0].notes=staged")).ok
    try:
        assert await router.uci("system") == before
    finally:
        await router.exec("uci revert system")


async def check_files(router: Router, folder: str = "/tmp") -> None:
    """Any bytes at any path go there and back; an old file is replaced whole."""
    path = f"{folder}/it's a $file {secrets.token_hex(4)}"
    contents = (
        bytes(range(256)) * 600,  # several pieces over ubus, NULs and all
        b"",
        b"no newline at the end",
    )
    try:
        for data in contents:
            await router.write_file(path, data, mode=0o640)
            assert await router.read_file(path) == data
        listed = (await router.exec(f'ls -l "{path.replace("$", chr(92) + "$")}"')).text
        assert listed.startswith("-rw-r-----")
        beside = (await router.exec(f"ls {folder}")).text
        assert beside.count(path.rpartition(" ")[2]) == 1, "a staged file was left"
    finally:
        await router.exec(f'rm -f "{path.replace("$", chr(92) + "$")}"')
    with pytest.raises(MissingError, match="nosuch"):
        await router.read_file(f"{folder}/nosuch")
    with pytest.raises(InputError):
        await router.read_file("relative")


async def check_write_into_nowhere(router: Router) -> None:
    """A folder that does not exist, or is no file, is an error in words, not a file elsewhere."""
    with pytest.raises((MissingError, CommandError)):
        await router.write_file("/nosuch/folder/file", b"x")
    with pytest.raises(CommandError, match="/tmp is a folder"):
        await router.write_file("/tmp", b"x")
    assert "tmp." not in (await router.exec("ls /tmp")).text


async def check_service(router: Router, name: str) -> None:
    """A service restarts; one that does not exist is missing; verbs are a closed set."""
    await router.service(name, "restart")
    await router.service(name, "enable")
    with pytest.raises(MissingError, match="nosuchservice"):
        await router.service("nosuchservice", "start")
    for wrong in (("../../bin/sh", "start"), (name, "start; reboot"), ("", "start")):
        with pytest.raises(InputError):
            await router.service(*wrong)


async def check_exec(router: Router) -> None:
    """Output, errors, exit status and input of a command are what ash makes of it."""
    result = await router.exec("echo out; echo err >&2; exit 3")
    assert (result.stdout, result.stderr, result.exit_status) == (b"out\n", b"err\n", 3)
    assert not result.ok
    assert (await router.exec("true")).ok
    assert (await router.exec("nosuchprogram")).exit_status == 127
    quoted = await router.exec("printf '%s|' 'a b' \"it's\" '$HOME' 'grün'")
    assert quoted.stdout.decode() == "a b|it's|$HOME|grün|"
    given = await router.exec("cat", stdin=b"line one\nline two, no end")
    assert given.stdout == b"line one\nline two, no end"
    left = (await router.exec("ls -a /tmp")).text
    assert ".owtui-" not in left, "staged input was left"


async def check_collect(router: Router) -> Document:
    """A document that fits, of the moment of the facts; counters that do not go back."""
    asked = ("/etc/passwd",)
    report = await router.collect(asked)
    check(report.document)
    told = report.document
    assert report.facts.via == router.via
    assert told["general"]["hostname"] == report.facts.hostname
    assert told["general"]["uptime"] == int(report.facts.uptime_s)
    assert report.facts.uptime_s > 0  # a device of the lab may be half a second old
    assert abs(told["general"]["local_time"] - (report.facts.local_time or time.time())) < 86_400
    resources = told["resources"]
    assert resources["load"] == list(report.facts.load)
    assert resources["cpus"] == report.facts.cpus
    assert resources["memory"]["total"] == report.facts.memory_total
    if report.facts.flash_total:  # LuCI of 19.07 tells of no file system
        assert resources["disk"]
    assert all(not disk["filesystem"].startswith("tmpfs") for disk in resources.get("disk", []))
    names = [one["name"] for one in told["interfaces"]]
    assert names == [one.name for one in report.facts.interfaces]
    clients = [c for one in told["interfaces"] for c in one.get("wireless", {}).get("clients", [])]
    assert len({client["mac"] for client in clients}) == (report.facts.clients or 0)
    if report.fingerprint is not None:
        assert report.fingerprint == await router.fingerprint(asked)
    again = (await router.collect()).document
    for before, after in zip(told["interfaces"], again["interfaces"], strict=True):
        old, new = before["statistics"], after["statistics"]
        assert old.keys() == new.keys() >= {"rx_bytes", "tx_bytes", "rx_packets", "tx_packets"}
        assert all(old[name] <= new[name] for name in old), before["name"]
    return told


async def check_set_password(
    router: Router, old: str, logs_in: Callable[[str], Awaitable[bool]]
) -> None:
    """The new password opens the device and the old one does not; changed back at the end."""
    new = 'it\'s $(new) "one" \\ ü'
    await router.set_password("root", new)
    assert await logs_in(new)
    assert not await logs_in(old)
    for wrong in ("", "two\nlines", "nul\0"):
        with pytest.raises(InputError):
            await router.set_password("root", wrong)
    assert await logs_in(new)
    await router.set_password("root", old)
    assert await logs_in(old)


async def check_reboot(router: Router, next_boot: Callable[[Boot], Awaitable[Boot]]) -> None:
    """The device accepts, goes and returns as another life; the router is of no use afterwards."""
    before = await router.boot()
    await router.reboot()
    after = await next_boot(before)
    assert after.id != before.id


async def check_denied(router: Router) -> None:
    """A session that may do nothing says so for each verb, with what to install or allow."""
    verbs: list[Callable[[], Awaitable[object]]] = [
        router.facts,
        router.survey,
        router.collect,
        router.fingerprint,
        router.configuration,
        router.boot,
        lambda: router.uci("system"),
        lambda: router.read_file("/etc/passwd"),
        lambda: router.write_file("/tmp/x", b"x"),
        lambda: router.service("dnsmasq", "restart"),
        lambda: router.exec("true"),
        lambda: router.set_password("root", "new"),
        router.reboot,
    ]
    for verb in verbs:
        with pytest.raises(DeniedError) as caught:
            await verb()
        assert "acl.d" in caught.value.hint
