"""What a change makes reload."""

from __future__ import annotations

from owtui.engine.configs.services import services


def test_services_are_told_once_with_what_people_notice() -> None:
    found = services(["wireless", "dhcp", "own"], ["/etc/dnsmasq.conf", "/etc/motd"])
    assert [str(one) for one in found] == [
        "dnsmasq (DNS and DHCP pause ~1 s)",
        "odhcpd",
        "own",
        "wifi (clients drop ~8 s)",
    ]
