"""What is drift and what is none; snapshots that come back as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from owtui.engine.configs import drift
from owtui.engine.configs.model import Agent, File, Running, SeenFrom
from owtui.engine.configs.snapshots import pack, unpack
from owtui.engine.openwrt import sums
from owtui.engine.openwrt.sums import Fingerprint

NETWORK, MOTD = "/etc/config/network", "/etc/motd"
LAN = b"config interface 'lan'\n\toption proto 'static'\n\toption ipaddr '192.0.2.1'\n"
AT = datetime(2026, 11, 23, tzinfo=UTC)


def running(files: dict[str, bytes], **more: object) -> Running:
    found = Running(
        {path: File(data, 0o600) for path, data in files.items()},
        {path: sums.md5(data) for path, data in files.items()},
        read_at=AT,
    )
    return replace(found, **more)  # type: ignore[arg-type]


def differing(now: Running) -> tuple[str, ...]:
    expected = drift.expectation({NETWORK: File(LAN), MOTD: File(b"hello\n"), "/etc/gone": None})
    return drift.names(drift.differing(expected, now))


SAME = {NETWORK: LAN, MOTD: b"hello\n"}


@pytest.mark.parametrize(
    "files",
    [
        SAME,
        {**SAME, NETWORK: b"# by hand\n" + LAN.replace(b"'static'", b'"static"')},
        {**SAME, "/etc/config/other": b"config x\n"},
    ],
)
def test_comments_quotes_and_what_was_never_applied_are_no_drift(files: dict[str, bytes]) -> None:
    assert differing(running(files)) == ()


@pytest.mark.parametrize(
    ("files", "names"),
    [
        ({**SAME, NETWORK: LAN.replace(b".1'", b".9'")}, ("network",)),
        ({**SAME, NETWORK: b"config '"}, ("network",)),
        ({MOTD: b"hello\n"}, ("network",)),
        ({**SAME, MOTD: b"hello"}, ("/etc/motd",)),
        ({**SAME, "/etc/gone": b""}, ("/etc/gone",)),
        ({}, ("network", "/etc/motd")),
    ],
)
def test_another_value_a_missing_file_and_one_that_was_to_go_are_drift(
    files: dict[str, bytes], names: tuple[str, ...]
) -> None:
    assert differing(running(files)) == names


def test_of_what_could_not_be_read_nothing_is_said() -> None:
    now = running({MOTD: b"hello\n"}, unread={NETWORK: "it could not be read"})
    assert differing(now) == ()


def test_a_file_that_grew_too_large_to_be_read_differs_by_its_sum() -> None:
    now = running({NETWORK: LAN}, unread={MOTD: "it is larger than 512 KiB"})
    assert differing(replace(now, sums={**now.sums, MOTD: "f" * 32})) == ("/etc/motd",)


def test_values_that_ubus_told_are_held_against_values() -> None:
    told = running(SAME)
    values = {**told.sums, NETWORK: "uci:" + sums.digest_of_file(LAN)}
    assert differing(replace(told, sums=values)) == ()
    assert differing(replace(told, sums={**values, NETWORK: "uci:" + "0" * 32})) == ("network",)


def test_the_mark_kept_is_the_one_that_the_next_fingerprint_has() -> None:
    now = running({NETWORK: LAN}, staged=("network",))
    seen = Fingerprint(now.sums, now.staged)
    assert drift.mark_to_keep(seen, now) == drift.mark_to_keep(None, now) == drift.mark_of(seen)
    told = Fingerprint({NETWORK: "uci:" + "0" * 32})
    assert drift.mark_to_keep(told, now) == drift.mark_of(told)
    moved = Fingerprint({NETWORK: "0" * 32})  # and moved again before it was read
    assert drift.mark_to_keep(moved, now) == drift.mark_of(seen)


def test_a_snapshot_comes_back_byte_for_byte() -> None:
    everything = running(
        {NETWORK: LAN, "/etc/config/bytes": bytes(range(256)), "/etc/config/empty": b""},
        staged=("network",),
        seen_from=SeenFrom("192.0.2.9", "192.0.2.1", 22),
        agent=Agent("1.3.0", True, "https://c.test", False, "0" * 32, ("system.@led",)),
        free_bytes=4096,
        unread={"/etc/config/huge": "it is larger than 512 KiB"},
    )
    kept = pack(everything)
    assert LAN not in kept
    assert unpack(kept, everything.sums, AT) == everything
    assert unpack(pack(running({})), {}, AT) == running({})
