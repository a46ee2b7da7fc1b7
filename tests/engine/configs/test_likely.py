"""Who is likely: judged on logs as devices write them, and on what lies about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from owtui.engine.configs.likely import likely
from owtui.engine.openwrt import clues
from owtui.engine.openwrt.clues import Clues, Login

NOW = 1795419097  # 23 Nov 2026 07:31:37 UTC
CLOCK = f"{NOW} Nov 23 07:31:37 2026\n"
NETWORK = "/etc/config/network"
POLL_S = 120.0


def line(ago_s: int, text: str) -> str:
    """A line of logd, so many seconds before the clock above."""
    at = 7 * 3600 + 31 * 60 + 37 - ago_s
    return f"Mon Nov 23 {at // 3600:02}:{at // 60 % 60:02}:{at % 60:02} 2026 {text}\n"


def shell(ago_s: int, source: str = "192.0.2.50:50000") -> str:
    words = "authpriv.notice dropbear[991]: Password auth succeeded for 'root' from "
    return line(ago_s, words + source)


def left(ago_s: int, source: str = "192.0.2.50:50000") -> str:
    return line(ago_s, f"authpriv.info dropbear[991]: Exit (root) from <{source}>: Exited normally")


def luci(ago_s: int, source: str = "192.0.2.60") -> str:
    words = "luci: accepted login on /admin/network for root from "
    return line(ago_s, f"daemon.err uhttpd[2406]: {words}{source}")


def agent(ago_s: int) -> str:
    return line(ago_s, "daemon.info openwisp: Configuration downloaded, now applying it")


def judge(log: str = "", changed_s: int | None = 30, **parts: str) -> str:
    told = {"clock": CLOCK, "uptime": "90000.1 1.0\n", "log": log, **parts}
    if changed_s is not None:
        told["changed"] = f"{NOW - changed_s}\n"
    return likely(clues.clues(told), [NETWORK], window_s=POLL_S, ours="192.0.2.9")


@pytest.mark.parametrize(
    ("log", "who"),
    [
        ("", "unknown"),
        (shell(40), "a shell (root from 192.0.2.50)"),
        (shell(4000), "a shell (root from 192.0.2.50)"),  # it has stayed
        (shell(4000) + left(3000), "unknown"),
        (shell(40) + left(25), "a shell (root from 192.0.2.50)"),
        (shell(40, "192.0.2.9:50000"), "unknown"),  # ourselves
        (luci(900), "LuCI (root from 192.0.2.60)"),
        (luci(2 * 3600), "unknown"),  # its session has ended
        (luci(60) + shell(50), "LuCI (root from 192.0.2.60), or a shell (root from 192.0.2.50)"),
        (agent(35), "the OpenWISP agent"),
        (agent(35) + luci(60), "the OpenWISP agent"),
        (agent(3000) + luci(60), "LuCI (root from 192.0.2.60)"),
        (line(20, "auth.info login[77]: root login on 'ttyS0'"), "a shell (root on ttyS0)"),
    ],
)
def test_a_login_that_lasted_until_the_change_is_likely(log: str, who: str) -> None:
    assert judge(log) == who


def test_the_last_one_who_came_in_is_named() -> None:
    assert judge(shell(500, "192.0.2.1:1") + shell(60)) == "a shell (root from 192.0.2.50)"


def test_keys_blank_passwords_and_ipv6_are_logins_as_well() -> None:
    key = (
        "authpriv.notice dropbear[1]: Pubkey auth succeeded for 'root' with ssh-ed25519 key"
        " SHA256:zuo from "
    )
    blank = "authpriv.notice dropbear[1]: Auth succeeded with blank password for 'root' from "
    assert judge(line(40, key + "192.0.2.7:4")) == "a shell (root from 192.0.2.7)"
    assert judge(line(40, blank + "fd00::7:4")) == "a shell (root from fd00::7)"


def test_what_lies_about_decides_between_two() -> None:
    both = luci(60) + shell(50)
    assert judge(both, rpcd=f"{NOW - 33}\n") == "LuCI (root from 192.0.2.60)"
    assert judge(both, staged="network.lan.mtu='1500'\n") == "a shell (root from 192.0.2.50)"
    assert judge("", rpcd=f"{NOW - 33}\n") == "LuCI"
    assert judge("", rpcd=f"{NOW - 3333}\n") == "unknown"
    assert judge("", staged="x") == "a shell"


def test_without_a_time_of_the_change_the_window_counts() -> None:
    assert judge(shell(100) + left(90), changed_s=None) == "a shell (root from 192.0.2.50)"
    assert judge(shell(400) + left(300), changed_s=None) == "unknown"
    # A file that came back with its old time says nothing either.
    assert judge(shell(100), changed_s=80_000) == "a shell (root from 192.0.2.50)"


IMAGE = "same /rom/etc/config/dhcp\nsame /rom/etc/config/firewall\n"


def test_a_reset_has_all_files_of_the_firmware_and_a_young_boot_or_a_new_host_key() -> None:
    found = clues.clues({"clock": CLOCK, "uptime": "60.0 1.0", "image": IMAGE, "log": luci(30)})
    dhcp = ["/etc/config/dhcp", NETWORK]
    assert likely(found, dhcp, window_s=POLL_S) == "a reset"
    assert likely(found, [NETWORK], window_s=POLL_S, new_host_key=True) == "a reset"
    # The network alone, on a device whose firewall was never another than the firmware's.
    assert likely(found, [NETWORK], window_s=POLL_S) != "a reset"
    old = replace(found, uptime_s=9e5)
    assert likely(old, dhcp, window_s=POLL_S) != "a reset"
    other = clues.clues({"image": IMAGE + "other /rom/etc/config/system\n", "uptime": "60.0 1.0"})
    assert likely(other, dhcp, window_s=POLL_S, new_host_key=True) == "unknown"


def test_an_agent_that_applied_something_else_than_before_is_likely() -> None:
    assert likely(Clues(), [NETWORK], window_s=POLL_S, agent_moved=True) == "the OpenWISP agent"


def test_a_device_that_shows_nothing_is_unknown() -> None:
    assert clues.clues({}) == Clues()
    assert likely(Clues(), [NETWORK], window_s=POLL_S) == "unknown"
    assert clues.clues({"clock": "?", "uptime": "x", "log": luci(3), "changed": "a b"}) == Clues()


def test_what_is_told_of_a_login_fits_into_a_line() -> None:
    found = Clues(logins=(Login("shell", "r" * 99, "f" * 99, 5.0),))
    assert len(likely(found, [NETWORK], window_s=POLL_S)) <= 60


def test_the_captured_log_is_read_to_its_last_login(shared_data: Path) -> None:
    log = (shared_data / "openwrt/logread-boot.txt").read_text()
    found = clues.clues({"clock": f"{NOW + 3} Nov 23 07:31:40 2026\n", "log": log})
    assert len(found.logins) > 20
    assert {one.source for one in found.logins} == {"10.77.0.1"}
    assert [one for one in found.logins if one.ended_s is None] == [found.logins[-1]]
    assert found.logins[-1].began_s == 2.0
    assert found.agent_s == ()  # it complained; it applied nothing
    who = "a shell (root from 10.77.0.1)"
    assert likely(found, [NETWORK], window_s=POLL_S) == who
    assert likely(found, [NETWORK], window_s=POLL_S, ours="10.77.0.1") == "unknown"
