"""Landing on routers with anonymous sections, unmanaged ones, broken files; on every model."""

from __future__ import annotations

from pathlib import Path

import pytest

from owtui.engine.configs.landing import land
from owtui.engine.configs.model import File
from owtui.engine.configs.render import render
from owtui.engine.configs.sections import package_path
from owtui.simulator.configs import Site, factory
from owtui.simulator.models import MODELS, Model, releases_for
from tests.engine.configs.pushing import NETWORK, Files, Router, files, text
from tests.engine.configs.subjects import subject

# -- anonymous sections --


@pytest.mark.parametrize(
    ("package", "theirs", "ours"),
    [
        ("system", "system\n\toption log_size '64'\n", "system 'system'\n"),
        ("system", "system\n\toption log_size '64'\n", "system 'main'\n"),
        ("firewall", "defaults\n\toption a '1'\n", "defaults 'defaults'\n"),
        ("network", "globals\n\toption a '1'\n", "globals 'globals'\n"),
        ("network", "device\n\toption name 'br-lan'\n", "device 'device_lan'\n"),
        (
            "network",
            "device\n\toption name 'br-lan'\n",
            "device 'device_br_lan'\n\toption name 'br-lan'\n",
        ),
        ("network", "route\n\toption target '10.0.0.0'\n", "route 'route1'\n"),
        (
            "network",
            "switch_vlan\n\toption device 's0'\n\toption vlan '2'\n",
            "switch_vlan 's0_vlan2'\n",
        ),
        ("system", "led\n\toption name 'WAN'\n", "led 'led_wan'\n"),
        ("wireless", "wifi-iface\n\toption ifname 'wlan0'\n", "wifi-iface 'wifi_wlan0'\n"),
        ("firewall", "rule\n\toption proto 'tcp'\n", "rule 'rule1'\n"),
    ],
)
def test_a_named_section_takes_the_place_of_the_anonymous_one_that_is_meant(
    package: str, theirs: str, ours: str
) -> None:
    router = Router(files(**{package: f"config {theirs}"}))
    rendered = files(**{package: f"config {ours}\toption new '1'\n"})
    router.push(rendered)
    after = router.text(package)
    assert after.count("config ") == 1
    assert theirs.splitlines()[1] in after
    assert "option new '1'" in after
    assert router.push(rendered).changes == {}
    router.push({})
    assert router.files == files(**{package: f"config {theirs}"})


def test_a_section_gets_the_name_only_if_it_would_not_be_found_by_it_again() -> None:
    """A router that was adopted has all already: the first push must not touch a file."""
    theirs = files(
        system="config system\n\toption hostname 'a'\n", own="config a\n\toption x '1'\n"
    )
    same = files(system="config system 'system'\n\toption hostname 'a'\n")
    assert land(theirs, same, {}, {}).changes == {}
    numbered = land(theirs, files(own="config a 'a1'\n\toption x '1'\n"), {}, {})
    assert "config a 'a1'" in text(numbered, "own")
    device = files(network="config device\n\toption name 'br-lan'\n")
    renamed = "config device 'device_lan'\n\toption name 'br-new'\n"
    assert "config device 'device_lan'" in text(
        land(device, files(network=renamed), {}, {}), "network"
    )


def test_a_section_that_is_taken_is_told() -> None:
    theirs = "config rule\n\toption name 'Allow-Ping'\n"
    landing = land(
        files(firewall=theirs), files(firewall="config rule 'rule1'\n\toption x '1'\n"), {}, {}
    )
    assert landing.notes == (
        "firewall.rule1 is the router's anonymous rule (Allow-Ping) from now on.",
    )


def test_anonymous_sections_of_a_configuration_are_not_doubled() -> None:
    rules = "config rule\n\toption name 'a'\n\nconfig rule\n\toption proto 'tcp'\n\n"
    router = Router(files(firewall="config rule\n\toption name 'own'\n"))
    router.push(files(firewall=rules))
    assert router.text("firewall").count("config rule") == 3
    assert router.push(files(firewall=rules)).changes == {}
    router.push(files(firewall=rules.replace("'tcp'", "'udp'")))
    assert router.text("firewall").count("config rule") == 3
    assert "'tcp'" not in router.text("firewall")


def test_rules_stand_in_the_order_of_the_configuration() -> None:
    first, second, third = (f"config rule\n\toption name '{name}'\n\n" for name in "abc")
    router = Router(files(firewall="config rule\n\toption name 'own'\n\n"))
    router.push(files(firewall=first + third))
    router.push(files(firewall=first + second + third))
    names = [line.split("'")[1] for line in router.text("firewall").splitlines() if "name" in line]
    assert names == ["own", "a", "b", "c"]
    router.push(files(firewall=third + first))
    names = [line.split("'")[1] for line in router.text("firewall").splitlines() if "name" in line]
    assert names == ["own", "c", "a"]


def test_the_open_network_of_the_first_boot_is_removed_and_put_back() -> None:
    theirs = (
        "config wifi-iface 'default_radio0'\n\toption device 'radio0'\n\toption network 'lan'\n"
        "\toption mode 'ap'\n\toption ssid 'OpenWrt'\n\toption encryption 'none'\n"
    )
    router = Router(files(wireless=theirs))
    landing = router.push(files(wireless="config wifi-device 'radio0'\n\toption channel '1'\n"))
    assert "OpenWrt" not in router.text("wireless")
    assert landing.notes == ("The open network OpenWrt of the first boot is removed.",)
    router.push({})
    assert router.files == files(wireless=theirs)


# -- unmanaged --


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("entry", ["network.lan", "network.@interface"])
def test_unmanaged_sections_are_never_overwritten(entry: str, overwrite: bool) -> None:
    router = Router(files(network=NETWORK))
    ours = files(network="config interface 'lan'\n\toption proto 'dhcp'\n\nconfig device 'x'\n")
    landing = router.push(ours, entry, overwrite=overwrite)
    lan = NETWORK.split("\nconfig interface 'wg1'")[0]
    assert lan in router.text("network")
    assert "network.lan is unmanaged: it is left as it is." in landing.notes
    assert router.push(ours, entry, overwrite=overwrite).changes == {}
    router.push({}, entry)
    assert router.files == files(network=NETWORK)


def test_an_anonymous_section_is_unmanaged_by_the_agents_name() -> None:
    theirs = files(system="config system\n\toption hostname 'a'\n")
    ours = files(system="config system 'system'\n\toption hostname 'b'\n")
    assert land(theirs, ours, {}, {}, unmanaged=["system.system"]).changes == {}


def test_what_is_unmanaged_by_its_place_stays_so_when_the_place_changes() -> None:
    """The agent's names go by place, and overwriting puts unmanaged sections behind the others."""
    router = Router(files(own="config a\n\toption x '1'\n"))
    ours = files(own="config a\n\toption y '1'\n")
    router.push(ours, "own.a1", overwrite=True)
    assert "config a 'a1'\n\toption x '1'\n" in router.text("own")
    assert router.push(ours, "own.a1", overwrite=True).changes == {}
    router.push({}, "own.a1")
    assert router.files == files(own="config a\n\toption x '1'\n")


# -- what cannot be merged --


def test_a_broken_package_of_the_router_is_replaced_and_told() -> None:
    broken, ours = files(own="config 'a\n"), files(own="config a 'b'\n\toption x '1'\n")
    router = Router(broken)
    landing = router.push(ours)
    assert landing.notes == ("own on the router is broken UCI: it is replaced as a whole.",)
    router.push({})
    assert router.files == broken
    assert land(broken, {}, ours, {}).changes == {}


# -- real routers --


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_template_lands_on_every_model_and_leaves_no_trace(model: Model) -> None:
    for release in releases_for(model):
        packages = factory(model, release, Site("ap", "10.0.0.1", "fd00::/48", "Lab", "labwifikey"))
        before = files(**packages)
        template = {
            "general": {"timezone": "Europe/Berlin"},
            "radios": [
                {
                    "name": "radio0",
                    "protocol": "802.11n",
                    "channel": 6,
                    "channel_width": 20,
                    "band": "2g",
                }
            ],
            "interfaces": [
                {
                    "name": "br-lan",
                    "network": "lan",
                    "type": "bridge",
                    "bridge_members": list(model.lan_ports),
                    "addresses": [{"proto": "dhcp", "family": "ipv4"}],
                }
            ],
            "files": [{"path": "/etc/motd", "mode": "0644", "contents": "hello\n"}],
        }
        rendered = render(subject(template, os=f"OpenWrt {release.version}")).files
        router = Router(before)
        router.push(rendered)
        network, system = router.text("network"), router.text("system")
        assert system.count("config system") == 1
        assert "option log_size '128'" in system
        assert network.count("config interface 'lan'") == 1
        assert network.count("'br-lan'") <= 3
        assert "option proto 'dhcp'" in network
        assert router.push(rendered).changes == {}
        router.push({})
        assert router.files == before


def test_a_captured_router_takes_a_template_and_gets_its_own_back(shared_data: Path) -> None:
    before: Files = {}
    for path in sorted((shared_data / "openwrt").glob("uci-export-*.txt")):
        name = path.stem.removeprefix("uci-export-")
        before[package_path(name)] = File(path.read_bytes().partition(b"\n")[2])
    router = Router(before)
    landing = router.push(render(subject({"general": {"timezone": "UTC"}})).files)
    assert sorted(landing.changes) == ["/etc/config/system"]
    assert "config system\n\toption hostname 'ap-1'\n" in router.text("system")
    assert "config timeserver 'ntp'" in router.text("system")
    router.push({})
    assert router.files == before
