"""Documents as people read them: htmode, rates, clocks that go on, who is around."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from owtui.engine.monitoring import transform
from owtui.engine.monitoring.around import Around, around

AT = datetime(2026, 11, 23, 16, 10, tzinfo=UTC)
DATA = Path(__file__).parents[4] / "shared" / "data" / "monitoring" / "server"


@pytest.mark.parametrize(
    ("htmode", "label"),
    [
        ("NOHT", "Legacy Mode: NOHT"),
        ("HT20", "WiFi 4 (802.11n): HT20"),
        ("VHT80", "WiFi 5 (802.11ac): VHT80"),
        ("HE40", "WiFi 6 (802.11ax): HE40"),
        ("EHT80", "WiFi 7 (802.11be): EHT80"),  # upstream says Wi-Fi 4
        ("11g", "Other: 11g"),
        ("", ""),
    ],
)
def test_a_mode_is_told_by_its_generation(htmode: str, label: str) -> None:
    assert transform.htmode_label(htmode) == label


def test_rates_and_frequencies_are_told_in_larger_units() -> None:
    assert transform.mbit(1100) == 1.1
    assert transform.mbit(1_200_500) == 1200.5
    assert transform.mbit(None) is None
    assert transform.ghz(2437) == 2.437
    assert transform.ghz(0) is None


def test_clock_and_uptime_go_on_since_the_document_was_taken() -> None:
    document = {"general": {"local_time": AT.timestamp() - 3600, "uptime": 90_000}}
    clock, uptime = transform.advanced(document, AT, AT + timedelta(minutes=7))
    assert clock == AT - timedelta(minutes=53)
    assert uptime == 90_420
    assert transform.uptime_words(uptime) == "1 days, 1 hours and 7 minutes"


@pytest.mark.parametrize("general", [None, [], {}, {"local_time": "x"}, {"local_time": 1e300}])
def test_a_document_without_a_clock_has_none(general: Any) -> None:
    assert transform.advanced({"general": general}, AT, AT)[0] is None


def test_interfaces_that_tell_nothing_are_left_out_and_the_others_stand_by_name() -> None:
    told = [{"name": "wan", "up": True, "mac": "x"}, {"name": "lo", "up": True}, {"mac": "y"}]
    told.append({"name": "br-lan", "up": True, "type": "bridge"})
    found = transform.interfaces({"interfaces": told})
    assert [one["name"] for one in found] == ["br-lan", "wan"]


def _around(document: dict[str, Any]) -> dict[str, Around]:
    return {one.mac or one.ips[0]: one for one in around(uuid4(), "ap-1", AT, document)}


def test_who_is_associated_leased_and_beside_is_one_with_all_that_is_told() -> None:
    client = {"mac": "aa:bb:cc:00:00:01", "ht": True, "vht": True, "he": False, "signal": -61}
    radio = {"mode": "access_point", "ssid": "roof", "htmode": "VHT80", "clients": [client]}
    lease = {
        "mac": client["mac"],
        "ip": "10.0.0.9",
        "client_name": "phone",
        "expiry": 1_900_000_000,
    }
    near = {"mac": client["mac"], "ip": "fe80::1", "interface": "br-lan", "state": "REACHABLE"}
    found = _around(
        {
            "interfaces": [{"name": "wlan0", "type": "wireless", "wireless": radio}],
            "dhcp_leases": [lease, {**lease, "mac": "aa:bb:cc:00:00:02", "ip": "10.0.0.8"}],
            "neighbors": [near, {"ip": "10.0.0.7", "interface": "br-lan", "state": "FAILED"}],
        }
    )
    one = found["AA:BB:CC:00:00:01"]
    assert one.sources == ("wifi", "lease", "neighbour")
    assert (one.interface, one.ssid, one.name) == ("wlan0", "roof", "phone")
    assert one.ips == ("10.0.0.9", "fe80::1")
    assert one.he is None  # VHT does not offer it: not applicable, not missing
    assert one.can == "ht vht"
    assert found["AA:BB:CC:00:00:02"].sources == ("lease",)
    assert found["10.0.0.7"].state == "FAILED"
    assert len(found) == 3


def test_what_a_radio_offers_and_a_client_lacks_is_told() -> None:
    client = {"mac": "aa:bb:cc:00:00:01", "ht": True, "vht": False, "he": False}
    radio = {"mode": "access_point", "ssid": "roof", "htmode": "HE80", "clients": [client]}
    found = _around({"interfaces": [{"name": "wlan0", "type": "wireless", "wireless": radio}]})
    assert found["AA:BB:CC:00:00:01"].can == "ht !vht !he"


@pytest.mark.parametrize("clients", [{}, None, [None, {}, {"mac": ""}]])
def test_nobody_is_around_where_an_agent_sends_what_is_no_list(clients: Any) -> None:
    radio = {"mode": "access_point", "ssid": "roof", "clients": clients}
    document = {
        "interfaces": [{"name": "wlan0", "type": "wireless", "wireless": radio}],
        "dhcp_leases": {},
        "neighbors": None,
    }
    assert _around(document) == {}


def test_openwisp_s_own_sample_is_read() -> None:
    file = DATA / "device_sample_data_full.json"
    if not file.exists():
        pytest.skip("shared/data is not here")
    document = json.loads(file.read_text("utf-8"))
    found = around(uuid4(), "ap-1", AT, document)
    radios = list(transform.radios(document))
    associated = sum(len(transform.dicts(radio, "clients")) for _, radio in radios)
    assert sum("wifi" in one.sources for one in found) == associated > 0
