"""Do the answers find the way back?"""

from __future__ import annotations

import pytest

from tests.engine.configs.asked import NETWORK, ROUTER, place, said

MASK = "option netmask '255.255.255.0'"
AWAY = ROUTER.with_text(
    "network", NETWORK.replace(MASK, f"{MASK}\n\toption gateway '10.77.0.1'")
).from_("10.50.0.9")


@pytest.mark.parametrize("mask", ["255.255.255.192", "255.255.255.255", "32"])
def test_a_netmask_that_leaves_us_out_is_certain(mask: str) -> None:
    found = ROUTER.ask("network", ("'255.255.255.0'", f"'{mask}'"))
    assert found.level == "certain"
    assert place(found) == "network.lan.netmask"


def test_without_a_netmask_an_address_stands_alone() -> None:
    assert ROUTER.ask("network", (MASK, "")).level == "certain"


def test_a_netmask_that_still_has_us_is_safe() -> None:
    for mask in ("255.255.255.128", "255.255.0.0"):
        assert ROUTER.ask("network", ("'255.255.255.0'", f"'{mask}'")).level == "safe"


def test_a_gateway_that_is_left_out_or_out_of_reach_is_certain() -> None:
    gone = AWAY.ask("network", ("\toption gateway '10.77.0.1'\n", ""))
    assert (gone.level, place(gone)) == ("certain", "network.lan.gateway")
    far = AWAY.ask("network", ("'10.77.0.1'", "'10.78.0.1'"))
    assert far.level == "certain"
    assert "10.78.0.1 is in none of its networks" in said(far) or "leave by interface wan" in said(
        far
    )


def test_another_gateway_on_the_link_is_a_doubt() -> None:
    found = AWAY.ask("network", ("'10.77.0.1'", "'10.77.0.2'"))
    assert found.level == "doubt"
    assert "instead of 10.77.0.1" in said(found)
    assert ROUTER.ask("network", (MASK, f"{MASK}\n\toption gateway '10.77.0.1'")).level == "safe"


def test_a_netmask_that_makes_us_a_neighbour_is_certain() -> None:
    found = AWAY.ask("network", ("'255.255.255.0'", "'255.0.0.0'"))
    assert found.level == "certain"
    assert "takes that address for a neighbour" in said(found)


ROUTE = "\nconfig route\n\toption target '{}'\n\toption type '{}'\n"


def test_a_route_that_throws_our_answers_away_is_certain() -> None:
    assert ROUTER.add("network", ROUTE.format("10.77.0.64/26", "blackhole")).level == "certain"
    assert ROUTER.add("network", ROUTE.format("10.0.0.0/8", "blackhole")).level == "safe"
    assert ROUTER.add("network", ROUTE.format("10.78.0.0/24", "unreachable")).level == "safe"


def test_a_nearer_network_on_another_interface_is_certain() -> None:
    more = "\nconfig interface 'guest'\n\toption device 'eth7'\n\toption proto 'static'\n"
    found = ROUTER.add("network", f"{more}\toption ipaddr '10.77.0.65/28'\n")
    assert found.level == "certain"
    assert place(found) == "network.guest.ipaddr"
    assert ROUTER.add("network", f"{more}\toption ipaddr '10.77.0.33/28'\n").level == "safe"
    same = ROUTER.add("network", f"{more}\toption ipaddr '10.77.0.65/24'\n")
    assert same.level == "doubt"
    assert "are both in 10.77.0.0/24" in said(same)


def test_routing_rules_matter_only_where_they_cover_our_answers() -> None:
    rule = "\nconfig rule\n\toption {}\n\toption lookup '100'\n"
    assert ROUTER.add("network", rule.format("dest '10.77.0.0/24'")).level == "doubt"
    assert ROUTER.add("network", rule.format("src '10.77.0.11/32'")).level == "doubt"
    assert ROUTER.add("network", rule.format("dest '10.99.0.0/24'")).level == "safe"
    assert ROUTER.add("network", rule.format("in 'guest'")).level == "safe"


def test_daemons_that_choose_routes_are_a_doubt_for_those_who_come_from_afar() -> None:
    assert AWAY.add("mwan3", "\nconfig policy 'p'\n").level == "doubt"
    assert ROUTER.add("mwan3", "\nconfig policy 'p'\n").level == "safe"


def test_a_second_default_route_with_a_better_metric_takes_the_answers() -> None:
    two = NETWORK.replace(MASK, f"{MASK}\n\toption gateway '10.77.0.1'\n\toption metric '20'")
    two = two.replace("option proto 'dhcp'", "option proto 'dhcp'\n\toption metric '30'")
    device = ROUTER.with_text("network", two).from_("10.50.0.9")
    assert device.ask("network", ("metric '30'", "metric '25'")).level == "safe"
    found = device.ask("network", ("metric '30'", "metric '10'"))
    assert found.level == "certain"
    assert "leave by interface wan" in said(found)


def test_where_we_come_from_is_not_known_no_route_may_change() -> None:
    unseen = ROUTER.from_("")
    assert unseen.ask("network", ("'255.255.255.0'", "'255.255.255.128'")).level == "doubt"
    assert unseen.ask("network", ("10.77.0.11", "10.77.0.12")).level == "certain"
    assert unseen.ask("network", ("ip6assign '60'", "ip6assign '64'")).level == "safe"
    assert unseen.ask("firewall", ("Allow-Ping", "Ping")).level == "safe"


def test_another_table_for_our_interface_is_a_doubt() -> None:
    edit = ("ip6assign '60'", "ip6assign '60'\n\toption ip4table '100'")
    assert ROUTER.ask("network", edit).level == "doubt"
