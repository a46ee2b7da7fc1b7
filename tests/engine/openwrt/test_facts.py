"""Facts: one question, any image, any answer."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.openwrt import probe
from owtui.engine.openwrt.answer import Answer
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.reading import Reading
from owtui.engine.openwrt.router import Router
from owtui.engine.openwrt.shell import SshRouter
from owtui.engine.transport.base import CommandResult
from owtui.errors import ProtocolError
from tests.engine.openwrt.fakes import CapturedShell
from tests.tools import tool


async def test_facts_of_the_captured_access_point_take_one_command(shared_data: Path) -> None:
    shell = CapturedShell(shared_data)
    router: Router = SshRouter(shell, "ap-01")
    facts = await router.facts()
    assert len(shell.commands) == 1
    assert (facts.hostname, facts.model) == ("ap-01", "TP-Link Archer C6 v3")
    assert (facts.board, facts.version) == ("tplink,archer-c6-v3", "24.10.6")
    assert facts.description == "OpenWrt 24.10.6 r29141-81be8a8869"
    assert (facts.target, facts.kernel) == ("ramips/mt7621", "6.6.127")
    assert facts.mac == "5C:A6:E6:10:01:00"
    assert (facts.uptime_s, facts.load, facts.cpus) == (22.31, (0.10, 0.08, 0.05), 4)
    assert (facts.memory_total, facts.memory_available) == (127926272, 59866112)
    assert (facts.flash_total, facts.flash_available) == (12288 * 1024, 12208 * 1024)
    assert (facts.tmp_total, facts.tmp_available) == (61440 * 1024, 61392 * 1024)
    assert (facts.clients, facts.agent, facts.via) == (2, "1.3.0a", "ssh")
    assert facts.local_time == 1795419097
    assert facts.boot_id == "5f0a1f0a-7d0c-4b62-a9a5-6f7e7e0d3c11"


async def test_interfaces_have_addresses_networks_and_counters(shared_data: Path) -> None:
    facts = await SshRouter(CapturedShell(shared_data), "ap-01").facts()
    interfaces = {i.name: i for i in facts.interfaces}
    assert "lo" not in interfaces
    lan = interfaces["br-lan"]
    assert lan.addresses == ("10.77.0.11/24", "fd05:b374:ab87::1/60")
    assert (lan.network, lan.mac, lan.up) == ("lan", "5C:A6:E6:10:01:01", True)
    assert (lan.rx_bytes, lan.tx_bytes) == (56719, 54158)
    assert interfaces["wan"].addresses == ("10.78.0.127/24",)
    assert interfaces["wan"].network == "wan"
    assert Facts.from_dict(facts.as_dict()) == facts


async def test_an_image_that_lacks_ubus_objects_still_has_facts() -> None:
    shell = CapturedShell()
    shell.parts = {
        "board": b"DISTRIB_ID='OpenWrt'\nDISTRIB_RELEASE='19.07.10'\n",
        "info": b"MemTotal:  60000 kB\nMemFree:  1000 kB\nMemAvailable:   20000 kB\n",
        "devices": b"/sys/class/net/eth0/address:02:00:00:00:00:01\n"
        b"/sys/class/net/lo/address:00:00:00:00:00:00\n/sys/class/net/eth0/operstate:up\n",
        "df": b"Filesystem 1024-blocks Used Available Capacity Mounted on\n"
        b"overlayfs:/overlay 3000 1000 2000 33% /\n/dev/mtd 3000 1000 2000 33% /overlay\n",
        "uptime": b"77.5 1.0\n",
    }
    facts = await SshRouter(shell, "old").facts()
    assert (facts.distribution, facts.version) == ("OpenWrt", "19.07.10")
    assert (facts.memory_total, facts.memory_available) == (60000 * 1024, 20000 * 1024)
    assert [(i.name, i.mac, i.up) for i in facts.interfaces] == [
        ("eth0", "02:00:00:00:00:01", True)
    ]
    assert (facts.mac, facts.uptime_s) == ("02:00:00:00:00:01", 77.5)
    assert (facts.flash_total, facts.flash_available) == (3000 * 1024, 2000 * 1024)
    assert (facts.clients, facts.agent, facts.cpus) == (None, "", 1)


async def test_the_mac_is_eth0_then_the_label_then_the_bridge() -> None:
    async def mac(devices: bytes, board: bytes = b"") -> str:
        shell = CapturedShell()
        shell.parts = {"devices": devices, "board_json": board}
        return (await SshRouter(shell, "x").facts()).mac

    label = b'{"system": {"label_macaddr": "aa:aa:aa:aa:aa:aa"}}'
    bridge = b'"br-lan": {"macaddr": "bb:bb:bb:bb:bb:bb"}'
    tap = b'"tap0": {"macaddr": "cc:cc:cc:cc:cc:cc"}'
    eth0 = b'"eth0": {"macaddr": "dd:dd:dd:dd:dd:dd"}'
    wan = b'"wan": {"macaddr": "ee:ee:ee:ee:ee:ee"}'
    assert await mac(b"{%b, %b}" % (bridge, eth0), label) == "DD:DD:DD:DD:DD:DD"
    assert await mac(b"{%b}" % bridge, label) == "AA:AA:AA:AA:AA:AA"
    assert await mac(b"{%b, %b}" % (wan, bridge)) == "BB:BB:BB:BB:BB:BB"
    assert await mac(b"{%b, %b}" % (tap, wan)) == "EE:EE:EE:EE:EE:EE"
    assert await mac(b"{%b}" % tap) == ""


async def test_an_answer_without_its_end_is_refused(shared_data: Path) -> None:
    class Cut(CapturedShell):
        async def run(self, command: str, **more: object) -> CommandResult:
            whole = await super().run(command)
            return CommandResult(whole.stdout[: len(whole.stdout) // 2], b"", 0)

    with pytest.raises(ProtocolError, match="cut short"):
        await SshRouter(Cut(shared_data), "ap-01").facts()


@given(st.dictionaries(st.sampled_from([*probe.PARTS]), st.binary(max_size=80)), st.binary())
def test_any_bytes_are_facts_or_a_protocol_error(parts: dict[str, bytes], tail: bytes) -> None:
    token = "0123456789abcdef"
    out = b"".join(b"\n%s %s\n%s" % (token.encode(), n.encode(), v) for n, v in parts.items())
    for output in (tail, out, out + b"\n%s end\n" % token.encode() + tail):
        try:
            facts = probe.read(output, token).facts("ssh")
        except ProtocolError:
            continue
        hold_storable(facts)


def hold_storable(facts: Facts) -> None:
    assert Facts.from_dict(facts.as_dict()) == facts
    stored = json.dumps(facts.as_dict(), ensure_ascii=False, allow_nan=False)
    assert stored.encode()
    assert "\\u0000" not in stored


KEYS = [
    *("system", "release", "memory", "root", "load", "uptime", "total", "avail", "interface"),
    *("l3_device", "ipv4-address", "address", "mask", "statistics", "rx_bytes", "macaddr"),
    *("clients", "results", "mac", "label_macaddr", "model", "name", "up"),
]
anything = st.text(st.characters(), max_size=3)  # surrogates and NUL, too
words = st.sampled_from(KEYS) | anything
shaped = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | anything,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner),
    max_leaves=12,
)


@given(st.lists(shaped, min_size=6, max_size=6))
def test_json_of_any_shape_gives_facts(values: list[object]) -> None:
    board, info, interfaces, devices, board_json, clients = map(Answer, values)
    reading = Reading(board, info, interfaces, devices, board_json, [clients])
    hold_storable(reading.facts("ubus"))


def test_the_script_runs_in_real_ash_that_lacks_everything(tmp_path: Path) -> None:
    busybox = tool("busybox", "busybox-static")
    for applet in ("cat", "grep", "date", "df"):
        (tmp_path / applet).symlink_to(busybox)
    token = "0123456789abcdef"
    done = subprocess.run(
        [busybox, "ash", "-c", probe.script(token)],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    assert done.stderr == b""
    facts = probe.read(done.stdout, token).facts("ssh")
    assert facts.memory_total > 0
    assert facts.uptime_s > 0
    assert facts.local_time > 1_500_000_000
    assert all(i.mac or i.name for i in facts.interfaces)
    assert (facts.agent, facts.clients) == ("", None)


def test_the_script_runs_in_real_ash_with_a_ubus(tmp_path: Path, shared_data: Path) -> None:
    busybox = tool("busybox", "busybox-static")
    for applet in ("cat", "grep", "date", "df", "sh"):
        (tmp_path / applet).symlink_to(busybox)
    folder = shared_data / "openwrt"
    ubus = tmp_path / "ubus"
    ubus.write_text(f"""#!{busybox} sh
case "$*" in
"call system board") cat {folder}/ubus-system-board.json ;;
"call system info") cat {folder}/ubus-system-info.json ;;
"call network.interface dump") cat {folder}/network-interface-dump.json ;;
"call network.device status") cat {folder}/network-device-status.json ;;
"list hostapd.*") echo hostapd.phy0-ap0; echo hostapd.phy1-ap0 ;;
"call hostapd.phy0-ap0 get_clients") cat {folder}/emulated-hostapd-get_clients.json ;;
*) exit 4 ;;
esac
""")
    ubus.chmod(0o755)
    agent = tmp_path / "openwisp_config"
    agent.write_text(f"#!{busybox} sh\necho openwisp_config 1.0.1\n")
    agent.chmod(0o755)
    token = "0123456789abcdef"
    done = subprocess.run(
        [busybox, "ash", "-c", probe.script(token)],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    facts = probe.read(done.stdout, token).facts("ssh")
    assert (facts.hostname, facts.clients, facts.agent) == ("ap-01", 2, "1.0.1")
    assert facts.mac == "5C:A6:E6:10:01:00"


def test_text_of_a_device_is_shown_clean_and_kept_as_bytes() -> None:
    answer = Answer(b"caf\xe9\0".decode("utf-8", "surrogateescape") + "\ud800")
    assert answer.text == "caf\ufffd\ufffd\ufffd"
    assert answer.raw == b"caf\xe9\0" + "\ufffd".encode()
