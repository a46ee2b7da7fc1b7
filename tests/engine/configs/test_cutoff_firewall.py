"""Does the firewall still let us in?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from owtui.engine.configs.model import File
from owtui.engine.openwrt.facts import Facts
from tests.engine.configs.asked import FIREWALL, PORTS, ROUTER, Device, place, said, way_to

LAN = "option name 'lan'\n\tlist network 'lan'\n\toption input 'ACCEPT'"
RULE = "\nconfig rule\n\toption src '{}'\n\toption target '{}'\n"


def rule(src: str, target: str, **options: str) -> str:
    """A rule in front of nothing."""
    return RULE.format(src, target) + "".join(f"\toption {k} '{v}'\n" for k, v in options.items())


@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        (LAN, LAN.replace("ACCEPT", "REJECT"), "firewall.@zone[0].input"),
        (LAN, LAN.replace("ACCEPT", "DROP"), "firewall.@zone[0].input"),
        (LAN, LAN.replace("ACCEPT", "ALLOW"), "firewall.@zone[0].network"),
        (LAN, LAN + "\n\toption forward 'MAYBE'", "firewall.@zone[0].network"),
        (LAN, LAN + "\n\toption enabled '0'", "firewall.@zone[0].network"),
        (LAN, LAN.replace("network 'lan'", "network '!lan'"), "firewall.@zone[0].network"),
        (LAN, LAN + "\n\toption family 'ipv6'", "firewall.@zone[0].network"),
        (LAN, LAN.replace("network 'lan'", "network 'office'"), "firewall.@zone[0].network"),
        (LAN, LAN.replace("\n\toption input 'ACCEPT'", ""), "firewall.@zone[0].input"),
    ],
)
def test_a_zone_that_no_longer_lets_us_in(old: str, new: str, where: str) -> None:
    found = ROUTER.ask("firewall", (old, new))
    assert (found.level, place(found)) == ("certain", where), found


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (LAN, LAN.replace("list network 'lan'", "option network 'guest lan'")),
        (LAN, LAN.replace("list network 'lan'", "list device 'br-+'")),
        (LAN, LAN.replace("list network 'lan'", "option subnet '10.77.0.0/24'")),
        (LAN, LAN.replace("list network 'lan'", "list network '!wan'")),
        (LAN, LAN.replace("list network 'lan'", "list device '!wan'")),
        (LAN, LAN.replace("ACCEPT", "accept")),
        (LAN, LAN.replace("'lan'\n\tlist", "'trusted'\n\tlist")),
        ("'REJECT'", "'DROP'"),
        (FIREWALL, f"# remark\n{FIREWALL}"),
    ],
)
def test_a_zone_written_otherwise_is_safe(old: str, new: str) -> None:
    assert ROUTER.ask("firewall", (old, new)).level == "safe"


@pytest.mark.parametrize(
    ("options", "level"),
    [
        ({"dest_port": "22"}, "certain"),
        ({"dest_port": "20-30", "proto": "tcp"}, "certain"),
        ({"dest_port": "20:21 22", "proto": "6"}, "certain"),
        ({"dest_port": "!80"}, "certain"),
        ({"proto": "all"}, "certain"),
        ({"src_ip": "10.77.0.64/26"}, "certain"),
        ({"src_ip": "10.77.0.60-10.77.0.80"}, "certain"),
        ({"src_ip": "!10.77.0.9"}, "certain"),
        ({"dest_ip": "10.77.0.11"}, "certain"),
        ({"dest_port": "22", "device": "br-lan"}, "certain"),
        ({"dest_port": "23"}, "safe"),
        ({"dest_port": "22", "proto": "udp"}, "safe"),
        ({"dest_port": "22", "family": "ipv6"}, "safe"),
        ({"dest_port": "22", "enabled": "0"}, "safe"),
        ({"dest_port": "22", "enabled": "never"}, "safe"),
        ({"dest_port": "22", "dest": "wan"}, "safe"),
        ({"dest_port": "22", "src_ip": "10.78.0.0/24"}, "safe"),
        ({"dest_port": "22", "src_ip": "!10.77.0.0/24"}, "safe"),
        ({"dest_port": "22", "dest_ip": "10.77.0.12"}, "safe"),
        ({"dest_port": "22", "device": "lan9"}, "safe"),
        ({"dest_port": "22", "ipset": "bad"}, "doubt"),
        ({"dest_port": "22", "start_time": "01:00"}, "doubt"),
        ({"dest_port": "22", "src_mac": "02:00:00:00:00:01"}, "doubt"),
        ({"dest_port": "22", "limit": "1/minute"}, "doubt"),
    ],
)
def test_a_rule_that_keeps_out(options: dict[str, str], level: str) -> None:
    for source in ("lan", "*"):
        found = ROUTER.add("firewall", rule(source, "DROP", **options))
        assert found.level == level, found
    assert ROUTER.add("firewall", rule("wan", "DROP", **options)).level == "safe"
    assert ROUTER.add("firewall", rule("nowhere", "DROP", **options)).level == "safe"
    assert ROUTER.add("firewall", rule("lan", "MARK", **options)).level == "safe"


def test_the_first_rule_that_fits_decides() -> None:
    let = rule("lan", "ACCEPT", dest_port="22", proto="tcp", src_ip="10.77.0.70")
    shut = rule("lan", "DROP", dest_port="22")
    assert ROUTER.add("firewall", let + shut).level == "safe"
    assert ROUTER.add("firewall", shut + let).level == "certain"


RULED = Device(
    {
        **ROUTER.texts,
        "firewall": FIREWALL + rule("wan", "ACCEPT", dest_port="22", proto="tcp", name="console"),
    },
    way_to("100.64.0.7", "198.51.100.7"),
)


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("dest_port '22'", "dest_port '2222'", "certain"),
        ("proto 'tcp'", "proto 'udp'", "certain"),
        ("name 'console'", "name 'console'\n\toption enabled '0'", "certain"),
        ("name 'console'", "name 'console'\n\toption src_ip '192.0.2.0/24'", "certain"),
        ("name 'console'", "name 'console'\n\toption src_ip '198.51.100.0/24'", "safe"),
        ("name 'console'", "name 'console'\n\toption ipset 'friends'", "doubt"),
        ("name 'console'", "name 'open'", "safe"),
    ],
)
def test_the_rule_that_lets_us_in(old: str, new: str, level: str) -> None:
    found = RULED.ask("firewall", (old, new))
    assert found.level == level, found


def test_a_rule_whose_conditions_let_us_in_today_may_stay() -> None:
    by_set = RULED.texts["firewall"].replace(
        "name 'console'", "name 'console'\n\toption ipset 'friends'"
    )
    device = RULED.with_text("firewall", by_set)
    assert device.ask("firewall", ("Allow-Ping", "Ping")).level == "safe"
    assert device.ask("firewall", ("ipset 'friends'", "ipset 'enemies'")).level == "doubt"
    assert device.ask("firewall", ("target 'ACCEPT'", "target 'DROP'")).level == "certain"


def test_emptied_removed_and_broken() -> None:
    path = "/etc/config/firewall"
    assert ROUTER.put({path: File(b"")}).level == "certain"
    assert ROUTER.put({path: None}).level == "certain"
    assert ROUTER.put({path: File(b"config zone 'x\n")}).level != "safe"
    assert ROUTER.put({path: File(b"config defaults\n\toption input ACCEPT\n")}).level == "safe"


def test_a_firewall_that_does_not_explain_how_we_are_in_is_a_doubt() -> None:
    closed = ROUTER.with_text("firewall", FIREWALL.replace("'ACCEPT'", "'DROP'"))
    found = closed.ask("firewall", ("Allow-Ping", "Ping"))
    assert found.level == "doubt"
    assert "something else does, or it does not run" in said(found)
    without = Device({k: v for k, v in ROUTER.texts.items() if k != "firewall"}, ROUTER.way)
    assert without.add("firewall", FIREWALL).level == "safe"
    assert without.add("firewall", FIREWALL.replace("'ACCEPT'", "'DROP'")).level == "doubt"


REDIRECT = "\nconfig redirect\n\toption src 'lan'\n\toption proto 'tcp'\n\toption src_dport '{}'\n"


def test_a_forwarded_port_goes_elsewhere() -> None:
    away = REDIRECT.format("22") + "\toption dest 'lan'\n\toption dest_ip '10.77.0.5'\n"
    found = ROUTER.add("firewall", away)
    assert found.level == "certain"
    assert "sends our connection" in said(found)
    assert ROUTER.add("firewall", away.replace("'22'", "'2222'")).level == "safe"
    assert ROUTER.add("firewall", away.replace("src 'lan'", "src 'wan'")).level == "safe"


def test_a_forwarding_over_which_we_come_in_must_stay() -> None:
    to_22 = REDIRECT.format("2222") + "\toption dest_port '22'\n"
    way = replace(ROUTER.way, port=2222)
    device = replace(ROUTER.with_text("firewall", FIREWALL + to_22), way=way)
    assert device.ask("firewall", ("Allow-Ping", "Ping")).level == "safe"
    assert device.ask("firewall", ("'2222'", "'2223'")).level == "certain"
    assert device.ask("firewall", ("dest_port '22'", "dest_port '23'")).level == "doubt"


def test_rules_outside_of_uci_are_doubts() -> None:
    assert ROUTER.put({"/etc/nftables.d/10-own.nft": File(b"chain x {}")}).level == "doubt"
    assert ROUTER.put({"/etc/firewall.user": File(b"iptables -I INPUT -j DROP")}).level == "doubt"
    include = "\nconfig include\n\toption path '/etc/own.nft'\n"
    assert ROUTER.add("firewall", include).level == "doubt"
    device = ROUTER.with_text("firewall", FIREWALL + include)
    assert device.put({"/etc/own.nft": File(b"x")}).level == "doubt"


def test_firewall3_takes_no_zone_with_a_long_name_and_rejects_without_a_target() -> None:
    old = replace(ROUTER, facts=Facts(version="19.07.10", interfaces=PORTS))
    long = ("'lan'\n\tlist", "'management-network'\n\tlist")
    assert old.ask("firewall", long).level == "certain"
    assert ROUTER.ask("firewall", long).level == "safe"
    bare = "\nconfig rule\n\toption src 'lan'\n\toption dest_port '22'\n"
    assert old.add("firewall", bare).level == "certain"
    assert ROUTER.add("firewall", bare).level == "safe"
