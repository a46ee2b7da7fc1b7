"""The verdict on a captured router: what the device itself did with its configuration."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from owtui.engine.configs.cutoff import Way, judge
from owtui.engine.configs.cutoff.gate import firewall_of, packet_of
from owtui.engine.configs.cutoff.picture import Picture
from owtui.engine.configs.cutoff.scene import Scene
from owtui.engine.configs.model import File, Files, Running, SeenFrom
from owtui.engine.openwrt.answer import Answer
from owtui.engine.openwrt.facts import Facts
from owtui.engine.openwrt.reading import Reading

LAN = Way("10.77.0.11", seen=SeenFrom("10.77.0.1", "10.77.0.11", 22))
WAN = Way("10.78.0.127", seen=SeenFrom("10.78.0.5", "10.78.0.127", 22))


@pytest.fixture(scope="module")
def files(shared_data: Path) -> Files:
    """The packages of the captured router."""
    exports = (shared_data / "openwrt").glob("uci-export-*.txt")
    return {
        f"/etc/config/{path.stem.removeprefix('uci-export-')}": File(path.read_bytes())
        for path in exports
    }


@pytest.fixture(scope="module")
def facts(shared_data: Path) -> Facts:
    """What the router told of itself at the same time."""
    folder = shared_data / "openwrt"

    def answer(name: str) -> Answer:
        return Answer(json.loads((folder / name).read_text()))

    return Reading(
        board=answer("ubus-system-board.json"),
        interfaces=answer("network-interface-dump.json"),
        devices=answer("network-device-status.json"),
    ).facts("ssh")


def test_the_firewall_decides_as_its_rules_say(
    files: Files, facts: Facts, shared_data: Path
) -> None:
    rules = (shared_data / "openwrt/nft-ruleset.txt").read_text()
    for way, device, zone, verdict in (
        (LAN, "br-lan", "lan", "accept"),
        (WAN, "wan", "wan", "reject"),
    ):
        assert f'iifname "{device}" jump input_{zone}' in rules
        assert f"{verdict}_from_{zone}" in rules
        scene = Scene(way, Running(files, {}), {}, facts)
        picture = Picture(scene, scene.before, way)
        packet = packet_of(picture)
        assert packet is not None
        assert packet.device == device
        ruling = firewall_of(picture).rule(packet)
        assert (ruling.zone, ruling.verdict) == (zone, verdict)


def test_the_cable_that_is_in_is_the_one_we_come_by(files: Files, facts: Facts) -> None:
    text = files["/etc/config/network"].data
    for port, level in ((b"lan1", "certain"), (b"lan2", "safe"), (b"lan4", "safe")):
        without = text.replace(b"\tlist ports '" + port + b"'\n", b"")
        change = {"/etc/config/network": File(without)}
        assert judge(LAN, Running(files, {}), change, facts).level == level


@pytest.mark.parametrize(
    ("package", "old", "new", "level"),
    [
        ("network", b"10.77.0.11", b"10.77.0.12", "certain"),
        ("network", b"proto 'dhcp'", b"proto 'none'", "safe"),
        ("firewall", b"'lan'", b"'office'", "certain"),
        ("dropbear", b"'22'", b"'2222'", "certain"),
        ("wireless", b"Lab-1", b"Lab-2", "safe"),
        ("wireless", b"'36'", b"'100'", "safe"),
        ("system", b"ap-01", b"ap-02", "safe"),
        ("dhcp", b"'100'", b"'50'", "safe"),
        ("uhttpd", b":80", b":8080", "safe"),
    ],
)
def test_edits_of_the_captured_configuration(
    files: Files, facts: Facts, package: str, old: bytes, new: bytes, level: str
) -> None:
    path = f"/etc/config/{package}"
    change = {path: File(files[path].data.replace(old, new))}
    assert change[path] != files[path]
    assert judge(LAN, Running(files, {}), change, facts).level == level
