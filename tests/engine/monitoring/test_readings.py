"""Documents to values, to OpenWISP's acceptance examples 4, 5 and 7."""

from __future__ import annotations

from typing import Any

import pytest

from owtui.engine.monitoring.readings import Reading, readings

AT = 1_700_000_000.0


def wlan(name: str, rx: int, tx: int, clients: list[str] | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "statistics": {"rx_bytes": rx, "tx_bytes": tx},
        "wireless": {"clients": [{"mac": mac} for mac in clients or []]},
    }


def of(kind: str, found: list[Reading]) -> list[Reading]:
    return [one for one in found if one.configuration == kind]


def only(kind: str, document: dict[str, Any]) -> Reading:
    (reading,) = of(kind, readings(document, None, AT))
    return reading


def counted(name: str, counters: list[tuple[int, int]]) -> list[tuple[float, float]]:
    grown, before = [], None
    for rx, tx in counters:
        document = {"interfaces": [wlan(name, rx, tx)]}
        (traffic,) = of("traffic", readings(document, before, AT))
        assert traffic.tags == (("ifname", name),)
        grown.append((traffic.values["rx_bytes"], traffic.values["tx_bytes"]))
        before = document
    return grown


def test_acceptance_4_a_counter_counts_whole_at_first_and_by_what_it_grew_afterwards() -> None:
    counters = [(324, 145), (400_000_000, 100_000_000), (500_000_000, 300_000_000)]
    counters.append((1_200_000_000, 600_000_000))
    grown = counted("wlan0", counters)
    assert [rx for rx, _ in grown] == [324, 399_999_676, 100_000_000, 700_000_000]
    assert [tx for _, tx in grown] == [145, 99_999_855, 200_000_000, 300_000_000]
    assert sum(rx for rx, _ in grown) == 1_200_000_000


def test_acceptance_4_a_counter_that_fell_was_reset() -> None:
    counters = [(2275, 0), (2_000_000_000, 0), (0, 0), (1_000_000_000, 0)]
    rx = [grown for grown, _ in counted("wlan1", counters)]
    assert rx == [2275, 1_999_997_725, 0, 1_000_000_000]


MEMORY = {"total": 249774080, "free": 224497664, "buffered": 974848}


@pytest.mark.parametrize(
    ("available", "percent"),
    [(None, 9.729419481797308), (2232664, 9.729419481797308), (225567664, 9.301032356920302)],
)
def test_acceptance_5_memory_counts_available_only_where_it_makes_sense(
    available: int | None, percent: float
) -> None:
    memory = MEMORY if available is None else {**MEMORY, "available": available}
    assert only("memory", {"resources": {"memory": memory}}).values["percent_used"] == percent


def test_acceptance_5_cpu_is_the_load_by_the_cores() -> None:
    cpu = only("cpu", {"resources": {"load": [0.5, 0.2, 0.1], "cpus": 4}})
    assert cpu.values == {"cpu_usage": 12.5, "load_1": 0.5, "load_5": 0.2, "load_15": 0.1}


def test_acceptance_5_a_disk_without_size_is_full() -> None:
    disk = {"used_bytes": 0, "size_bytes": 0}
    assert only("disk", {"resources": {"disk": [disk]}}).values == {"used_disk": 100.0}


def test_disks_are_weighed_by_their_size() -> None:
    disks = [{"used_bytes": 10, "size_bytes": 100}, {"used_bytes": 90, "size_bytes": 100}]
    assert only("disk", {"resources": {"disk": disks}}).values == {"used_disk": 50.0}


def test_each_client_counts_once_an_interface_and_none_make_nothing() -> None:
    twice = wlan("wlan0", 0, 0, ["aa:bb:cc:00:00:01", "AA:BB:CC:00:00:01", "aa:bb:cc:00:00:02"])
    document = {"interfaces": [twice, wlan("wlan1", 0, 0)]}
    (clients,) = of("clients", readings(document, None, AT))
    assert clients.members == ("AA:BB:CC:00:00:01", "AA:BB:CC:00:00:02")
    assert clients.tags == (("ifname", "wlan0"),)


def test_clients_that_come_as_an_empty_object_are_none() -> None:
    document = {"interfaces": [{"name": "wlan0", "wireless": {"clients": {}}}]}
    assert readings(document, None, AT) == []


def test_the_most_evolved_technology_is_the_one_in_use() -> None:
    signal = {"umts": {"rssi": -80, "ecio": -6}, "lte": {"rssi": -70, "rsrp": -95, "rsrq": -9}}
    found = readings({"interfaces": [{"name": "wwan0", "mobile": {"signal": signal}}]}, None, AT)
    values = {one.configuration: dict(one.values) for one in found}
    assert values == {
        "signal_strength": {"signal_strength": -70.0, "signal_power": -95.0},
        "signal_quality": {"signal_quality": -9.0},
        "access_tech": {"access_tech": 4.0},
    }


def test_a_document_that_says_nothing_makes_nothing() -> None:
    assert readings({"type": "DeviceMonitoring"}, None, AT) == []
    assert readings({"resources": {"load": [1, 1, 1]}}, None, AT) == []
