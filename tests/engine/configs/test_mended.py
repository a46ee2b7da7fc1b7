"""Where netjsonconfig breaks, loses something or makes what no router reads.

Each test shows what the library does with the same, so that what it mends itself can go here.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from netjsonconfig import OpenWrt

from owtui.engine.configs import library
from owtui.engine.configs.aims import Aim
from owtui.engine.configs.merge import copied
from owtui.engine.configs.model import Running
from owtui.engine.configs.prospect import prospect
from owtui.engine.configs.render import configuration, print_package, render
from owtui.engine.configs.validate import ConfigError, validate
from owtui.engine.openwrt import uci
from tests.engine.configs.netjson import configurations, packages
from tests.engine.configs.subjects import DEVICE, contexts, subject, text

OLD = "OpenWrt 19.07.8"
DHCP, DHCP6 = {"proto": "dhcp", "family": "ipv4"}, {"proto": "dhcp", "family": "ipv6"}


def vlan(name: str, vid: int, *addresses: Any, **more: Any) -> dict[str, Any]:
    return {"type": "8021q", "name": name, "vid": vid, "addresses": list(addresses), **more}


def network(config: Any, os: str = "") -> uci.Package:
    return uci.parse(text(render(subject(config, os=os)), "network"), "network")


def theirs(config: Any, **more: Any) -> str:
    """What the library makes of it."""
    return str(OpenWrt(copied(config), **more).render())


# --- lost ---


def test_further_addresses_of_two_vlans_are_two_sections() -> None:
    config = {"interfaces": [vlan("eth0", 1, DHCP, DHCP6), vlan("eth0", 2, DHCP, DHCP6)]}
    found = [one.name for one in network(config).typed("interface")]
    assert found == ["vlan_eth0_1", "vlan_eth0_1_2", "vlan_eth0_2", "vlan_eth0_2_2"]
    assert theirs(config).count("config interface") == 3


def test_a_vlan_that_shares_with_nobody_keeps_the_names_that_the_library_gives() -> None:
    config = {"interfaces": [vlan("eth0", 1, DHCP, DHCP6)]}
    assert [one.name for one in network(config).typed("interface")] == ["vlan_eth0_1", "eth0_2"]


def test_vlans_of_networks_with_like_names_have_a_device_each() -> None:
    """The library strips the characters of `vlan_`, not the prefix."""
    config = {"interfaces": [vlan("eth0", 1, network="lan1"), vlan("eth0", 2, network="vlan1")]}
    devices = network(config).typed("device")
    assert [(one.name, one.get("vid")) for one in devices] == [
        ("device_1", "1"),
        ("device_vlan1", "2"),
    ]
    assert theirs(config).count("config device") == 1


def test_the_network_of_a_vlan_is_a_name_that_uci_reads() -> None:
    config = {"interfaces": [vlan("eth0", 1, network="guest-net")]}
    assert [one.name for one in network(config).typed("interface")] == ["guest_net"]
    assert "config interface 'guest-net'" in theirs(config)


def test_interfaces_that_are_one_section_are_told() -> None:
    config = {
        "interfaces": [
            {"name": "eth0.1", "type": "ethernet"},
            {"name": "eth0-1", "type": "ethernet"},
        ]
    }
    (found,) = validate(config)
    assert (found.path, found.level) == ("#/interfaces/1", "warning")
    assert "eth0.1 and eth0-1 are both section “eth0_1”" in found.sentence
    assert render(subject(config)).notes == (found.sentence,)


def test_a_section_cannot_be_of_two_types() -> None:
    config = {
        "interfaces": [{"name": "lan", "type": "ethernet"}],
        "routes": [
            {"name": "lan", "device": "lan", "destination": "10.0.0.0/8", "next": "", "cost": 0}
        ],
    }
    (found,) = validate(config)
    assert "“lan” of network would be of two types, interface and route" in found.sentence
    with pytest.raises(ConfigError, match="give one of them another name"):
        render(subject(config))
    assert "config interface" not in theirs(config)


def test_a_part_that_is_left_out_is_told() -> None:
    found = validate({"type": "DeviceConfiguration", "sqm": {"enabled": True}})
    assert [(one.path, one.level) for one in found] == [("#/sqm", "warning")]
    assert "left out" in found[0].sentence


def test_a_file_that_is_a_package_takes_its_place_and_is_told() -> None:
    config = {"files": [{"path": "/etc/config/system", "mode": "0600", "contents": "x"}]}
    made = render(subject(config))
    assert made.files["/etc/config/system"].data == b"x"
    assert "/etc/config/system is among the files" in made.notes[0]


def test_what_is_told_of_rendering_is_told_before_a_push() -> None:
    config = {"files": [{"path": "/etc/config/system", "mode": "0600", "contents": "# x"}]}
    made = render(subject(config))
    aim = Aim(DEVICE, "ap-1", made, running=Running({}, {}))
    assert prospect(aim, None).doubts[: len(made.notes)] == made.notes


# --- broken ---


def test_a_led_has_a_section_that_uci_reads() -> None:
    leds = [{"name": f"tp-link:{colour}", "sysfs": "x", "trigger": "none"} for colour in "ab"]
    found = uci.parse(text(render(subject({"led": leds})), "system"), "system").typed("led")
    assert [one.name for one in found] == ["led_tp_link_a", "led_tp_link_b"]
    assert "config led 'led_tp-link:a'" in theirs({"led": leds})


@pytest.mark.parametrize(
    ("config", "path"),
    [
        ({"firewall": [{"config_name": "rule", "src-ip": "x"}]}, "#/firewall/0/src-ip"),
        ({"firewall": [{"config_name": "a rule"}]}, "#/firewall/0/config_name"),
        ({"firewall": [{"config_name": "rule", "config_value": 1}]}, "#/firewall/0/config_value"),
        ({"firewall": [{"config_name": "rule", "x": {"y": 1}}]}, "#/firewall/0/x"),
        ({"fire wall": [{"config_name": "rule"}]}, "#/fire wall"),
        ({"firewall": [{"config_name": "rule", "config_value": "a b"}]}, "#"),
        ({"interfaces": [{"name": "e:0", "type": "ethernet"}]}, "#"),
        ({"interfaces": [{"name": "eth0", "type": "ethernet", "ip-4": 1}]}, "#"),
    ],
)
def test_what_libuci_would_stop_at_is_a_problem(config: Any, path: str) -> None:
    assert [(one.path, one.level) for one in validate(config)] == [(path, "error")]
    with pytest.raises(ConfigError):
        render(subject(config))


def test_names_with_open_variables_are_no_problem_of_a_template() -> None:
    config = {
        "firewall": [{"config_name": "rule", "config_value": "{{ name_of_it }}"}],
        "routes": [{"device": "lan", "destination": "{{ net }}", "next": "", "cost": 0}],
    }
    assert validate(config) == ()
    with pytest.raises(ConfigError):
        render(subject(config))


def test_a_wireguard_interface_needs_no_addresses() -> None:
    config = {"interfaces": [{"name": "wg0", "type": "wireguard", "private_key": "x"}]}
    assert [one.get("proto") for one in network(config).sections] == ["wireguard"]
    with pytest.raises(KeyError):
        theirs(config)


def test_a_destination_that_is_no_network_is_a_problem() -> None:
    route = {"device": "lan", "destination": "10.0.0.0/33", "next": "", "cost": 0}
    (found,) = validate({"routes": [route]})
    assert found.path == "#/routes/0/destination"
    with pytest.raises(ValueError, match="does not appear to be"):
        theirs({"routes": [route]})


def test_a_mask_has_as_many_bits_as_its_family() -> None:
    address = {"proto": "static", "family": "ipv4", "address": "10.0.0.1", "mask": 64}
    config = {"interfaces": [{"name": "eth0", "type": "ethernet", "addresses": [address]}]}
    assert [one.path for one in validate(config)] == ["#/interfaces/0/addresses/0/mask"]
    with pytest.raises(ValueError, match="does not appear to be"):
        theirs(config)


def test_old_releases_get_no_vlans_of_bridges() -> None:
    ports = [{"ifname": "lan1", "tagging": "t"}]
    bridge = {"name": "br-lan", "type": "bridge", "bridge_members": ["lan1"]}
    config = {"interfaces": [{**bridge, "vlan_filtering": [{"vlan": 1, "ports": ports}]}]}
    made = render(subject(config, os=OLD))
    assert "vlan" not in text(made, "network")
    assert "OpenWrt 21" in made.notes[0]
    assert "list vlan_filtering '{'vlan'" in theirs(config, dsa=False)


def test_true_in_a_list_is_one() -> None:
    config = {"firewall": [{"config_name": "rule", "x": [True, False]}]}
    assert "\tlist x '1'\n\tlist x '0'\n" in text(render(subject(config)), "firewall")
    assert "list x 'True'" in theirs(config)


@given(configurations(texts="a'\"\\ \n\tü{", wild=True), packages(texts="a'\"\\ \n\tü"))
def test_every_option_is_read_back_as_it_was(config: Any, own: Any) -> None:
    """Quotes, blanks, lines and brackets stay what they are."""
    try:
        made = library.packages(copied({**own, **config}), dsa=True)
    except library.UnconvertibleError:
        return
    for sections in made.values():
        for one in sections:
            only = {**one, ".name": "x", ".type": "x"}
            expected = {
                name: _said(value)
                for name, value in one.items()
                if not name.startswith(".") and value not in ("", None, [], ())
            }
            (read,) = uci.parse(print_package([only]), "x").sections
            assert read.options == expected


def _said(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_said(one) for one in value]
    return str(int(value) if isinstance(value, bool) else value)


# --- variables and the name ---


def test_a_variable_is_replaced_once_whatever_stands_beside_it() -> None:
    """The library replaces again what it has put in, where a text has several variables."""
    config = {"files": [{"path": "/x", "mode": "0644", "contents": "{{ a }} {{ b }}"}]}
    values = {"a": "{{ b }}", "b": "2"}
    made = render(subject(config, contexts=contexts(device=values)))
    assert made.files["/x"].data == b"{{ b }} 2"
    assert made.unset == ()
    assert "2 2" in theirs(config, context=values)


@pytest.mark.parametrize(
    "general", [{"$merge": "remove"}, {"hostname": {"$merge": "remove"}}, {"maintainer": "x"}]
)
def test_what_is_taken_away_is_no_hostname(general: Any) -> None:
    template = {"general": {"hostname": "of-the-template", "timezone": "UTC"}}
    found = configuration(subject(template, config={"general": general}))["general"]
    assert found["hostname"] == "ap-1"


# --- verbatim ---


def test_a_section_that_verbatim_uci_has_as_well_is_told() -> None:
    own = {"general": {"timezone": "UTC"}}
    added = {"system": "config system 'system'\n\toption timezone 'CET'\n"}
    made = render(subject(own, verbatim=added))
    assert "option timezone 'CET'" in text(made, "system")
    assert "Section “system” of system is in NetJSON and in the verbatim UCI" in made.notes[0]


def test_verbatim_uci_cannot_make_a_section_another_type() -> None:
    with pytest.raises(ConfigError, match="is of type system in NetJSON and of type led"):
        render(subject({}, verbatim={"system": "config led 'system'\n"}))


def test_a_primary_vlan_is_told_where_it_is() -> None:
    port = {"ifname": "lan1", "tagging": "u", "primary_vid": True}
    bridge = {
        "name": "br-lan",
        "type": "bridge",
        "bridge_members": [],
        "vlan_filtering": [{"vlan": 1, "ports": [port]}, {"vlan": 2, "ports": [port]}],
    }
    (found,) = validate({"interfaces": [bridge]})
    assert found.path == "#/interfaces/0"
    assert found.sentence == "Primary VID can be set only one VLAN for a port."
