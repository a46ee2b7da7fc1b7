"""The agent's names of anonymous sections, and files of /etc/config as sections."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from owtui.engine.configs import sections
from owtui.engine.configs.model import File
from owtui.engine.openwrt import uci
from owtui.engine.openwrt.uci import Package
from tests.engine.configs.strategies import packages


@pytest.mark.parametrize(
    ("package", "section", "name"),
    [
        ("firewall", "defaults", "defaults"),
        ("network", "globals", "globals"),
        ("network", "device\noption name br-lan", "device_lan"),
        ("network", "device\noption name eth0.1", "device_eth0_1"),
        ("network", "route\noption target 10.0.0.0", "route1"),
        ("network", "route6\noption target ::", "route1"),
        ("network", "switch\noption name switch0", "switch0"),
        ("network", "switch_vlan\noption device switch0\noption vlan 2", "switch0_vlan2"),
        ("network", "switch_port\noption device switch0\noption port 3", "switch0_port3"),
        ("system", "system\noption hostname a", "system"),
        ("system", "led\noption name WAN", "led_wan"),
        ("wireless", "wifi-iface\noption ifname wlan0-1", "wifi_wlan0_1"),
        ("wireless", "wifi-iface\noption ssid a", "wifi_iface1"),
        ("firewall", "rule\noption name a", "rule1"),
        ("own", "some.thing", "some_thing1"),
    ],
)
def test_the_names_that_the_agent_gives(package: str, section: str, name: str) -> None:
    assert sections.agent_names(uci.parse(f"config {section}", package)) == (name,)


def test_names_are_unique_and_those_of_the_file_stay() -> None:
    text = "config rule\nconfig rule 'rule2'\nconfig rule\nconfig defaults\nconfig zone 'defaults'"
    names = sections.agent_names(uci.parse(text, "firewall"))
    assert names == ("rule1", "rule2", "rule3", "defaults_1", "defaults")


def test_a_captured_firewall_gets_the_agents_names(shared_data: Path) -> None:
    text = (shared_data / "openwrt/uci-export-firewall.txt").read_text()
    names = sections.agent_names(uci.parse(text))
    assert names[:4] == ("defaults", "zone1", "zone2", "forwarding1")
    assert names[4:] == tuple(f"rule{n}" for n in range(1, 10))


@given(packages())
def test_a_package_is_read_from_what_is_written(package: Package) -> None:
    path = sections.package_path(package.name)
    assert sections.read(path, File(sections.written(package))) == package
    assert len(set(sections.agent_names(package))) == len(package.sections)


def test_what_is_no_package_is_none() -> None:
    assert sections.read("/etc/motd", File(b"config a")) is None
    assert sections.read("/etc/config/a.old", File(b"config a")) is None
    assert sections.read("/etc/config/a", File(b"nonsense")) is None
    assert sections.read("/etc/config/a", None) == Package("a")
