"""From answers to a document: the agent's own of the same router, and any answer at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from owtui.engine.monitoring.document import Document, check
from owtui.engine.openwrt import probe
from owtui.engine.openwrt.answer import Answer
from owtui.engine.openwrt.document import document
from owtui.engine.openwrt.links import interfaces
from owtui.engine.openwrt.modems import modems
from owtui.engine.openwrt.neighbours import leases, neighbours
from owtui.engine.openwrt.parts import Parts
from owtui.engine.openwrt.radios import printed
from owtui.engine.openwrt.reading import Reading
from tests.engine.openwrt.fakes import captured_parts


def built(parts: Parts) -> Document:
    return document(parts, parts.reading.facts("ssh"))


def captured(data: Path) -> Parts:
    """The access point of the captures; its second radio answers as the first."""
    folder = data / "openwrt"

    def of(name: str) -> Answer:
        return Answer(json.loads((folder / name).read_text()))

    names = ("phy0-ap0", "phy1-ap0")
    return Parts(
        probe.reading(captured_parts(data)),
        wireless=of("network-wireless-status.json"),
        radios=dict.fromkeys(names, of("emulated-iwinfo-info.json")),
        stations={
            "phy0-ap0": of("emulated-hostapd-get_clients.json"),
            "phy1-ap0": of("emulated-iwinfo-assoclist.json"),
        },
        leases=(folder / "dhcp-leases.txt").read_text(),
        neighbours=(data / "monitoring/agent/ip_json_neigh.txt").read_text(),
    )


def test_the_document_has_what_the_agent_sends_of_the_same_router(shared_data: Path) -> None:
    """Values move between two moments, so keys and what stands still are compared."""
    ours = built(captured(shared_data))
    theirs = json.loads((shared_data / "openwrt/netjson-monitoring-dev1.json").read_text())
    path = shared_data / "monitoring/device-monitoring.schema.json"
    Draft7Validator(json.loads(path.read_text())).validate(ours)
    check(ours)
    assert ours.keys() == theirs.keys()
    for section in ("general", "resources"):
        assert ours[section].keys() == theirs[section].keys()
    assert ours["resources"]["memory"].keys() == theirs["resources"]["memory"].keys()
    disks = [(one["mount_point"], one["size_bytes"]) for one in ours["resources"]["disk"]]
    assert disks == [(one["mount_point"], one["size_bytes"]) for one in theirs["resources"]["disk"]]
    by_name = {one["name"]: one for one in ours["interfaces"]}
    assert by_name.keys() == {one["name"] for one in theirs["interfaces"]}
    for one in theirs["interfaces"]:
        mine = by_name[one["name"]]
        for key in ("type", "mac", "mtu", "txqueuelen", "speed", "up", "multicast", "stp"):
            assert mine.get(key) == one.get(key), (one["name"], key)
        assert set(mine.get("bridge_members", ())) == set(one.get("bridge_members", ()))
        told = {(a["address"], a["proto"]) for a in mine.get("addresses", ())}
        known = {
            (a["address"], a["proto"])
            for a in one.get("addresses", ())
            if a["family"] == "ipv4"  # the agent's link-local ones come from the kernel
        }
        assert known <= told
    radio, theirs_radio = by_name["phy0-ap0"]["wireless"], theirs["interfaces"][3]["wireless"]
    assert radio.keys() == theirs_radio.keys()
    same = ("mode", "ssid", "channel", "frequency", "country", "tx_power", "htmode", "noise")
    assert [radio[key] for key in same] == [theirs_radio[key] for key in same]
    assert ours["dns_servers"] == theirs["dns_servers"]
    assert ours["dhcp_leases"][0] == theirs["dhcp_leases"][0] | {"expiry": 1795459099}


def test_both_ways_to_the_stations_tell_the_same_of_them(shared_data: Path) -> None:
    told = {one["name"]: one for one in interfaces(captured(shared_data))}
    of_hostapd, of_iwinfo = (
        {client["mac"]: client for client in told[name]["wireless"]["clients"]}
        for name in ("phy0-ap0", "phy1-ap0")
    )
    assert of_hostapd.keys() == of_iwinfo.keys() == {"de:01:e4:88:75:34", "6e:d8:0e:71:e0:fd"}
    for mac, client in of_iwinfo.items():
        both = client.keys() & of_hostapd[mac].keys()
        assert {key: client[key] for key in both} == {key: of_hostapd[mac][key] for key in both}
        assert both >= {"auth", "authorized", "ht", "vht", "wmm", "mfp", "signal", "bitrate"}


def device(**more: Any) -> dict[str, Any]:
    statistics = {"rx_bytes": 1, "tx_bytes": 2, "rx_crc_errors": 3, "rx_dropped": 4}
    return {"up": True, "present": True, "statistics": statistics, **more}


def one_interface(name: str, told: dict[str, Any], **more: Any) -> dict[str, Any]:
    parts = Parts(Reading(devices=Answer({name: told})), **more)
    (made,) = interfaces(parts)
    return made


@pytest.mark.parametrize(
    ("mode", "word", "swapped"),
    [
        ("Master", "access_point", True),
        ("Client", "station", False),
        ("Mesh Point", "802.11s", False),
        ("Ad-Hoc", "adhoc", False),
        ("Monitor", "monitor", False),
    ],
)
def test_the_counters_of_an_access_point_are_its_users(mode: str, word: str, swapped: bool) -> None:
    made = one_interface("wlan0", device(), radios={"wlan0": Answer({"mode": mode})})
    assert (made["type"], made["wireless"]["mode"]) == ("wireless", word)
    told = made["statistics"]
    assert (told["rx_bytes"], told["tx_bytes"]) == ((2, 1) if swapped else (1, 2))
    assert told["tx_dropped" if swapped else "rx_dropped"] == 4
    assert told["rx_crc_errors"] == 3


@pytest.mark.parametrize(
    ("name", "told", "kind"),
    [
        ("eth0", {"link-supported": ["100baseT-F"]}, "ethernet"),
        ("eth0", {"link-supported": []}, "other"),
        ("br-lan", {"type": "bridge", "link-supported": ["100baseT-F"]}, "bridge"),
        ("br-old", {"type": "Bridge", "stp": True}, "bridge"),
        ("tun0", {}, "virtual"),
        ("ovpn", {}, "virtual"),
        ("tunable", {}, "other"),
    ],
)
def test_the_kind_of_an_interface(name: str, told: dict[str, Any], kind: str) -> None:
    made = one_interface(name, device(**told), openvpn="\toption dev 'ovpn'\n")
    assert made["type"] == kind
    assert made.get("stp") == (bool(told.get("stp")) if kind == "bridge" else None)


def test_a_bridge_names_the_members_that_are_there_and_up() -> None:
    members = {"a": device(), "b": device(up=False), "c": device(present=False)}
    bridge = {**device(type="bridge"), "bridge-members": ["a", "b", "c", "gone"]}
    found = interfaces(Parts(Reading(devices=Answer({"br": bridge, **members}))))
    assert found[0]["bridge_members"] == ["a"]


def test_without_iwinfo_the_configuration_and_hostapd_tell_of_a_radio() -> None:
    config = {"channel": "36", "country": "DE", "htmode": "VHT80"}
    network = {"ifname": "wlan0", "config": {"mode": "ap", "ssid": "Lab"}}
    stations = {"freq": 5180, "clients": {"AA:00:00:00:00:01": {"auth": True, "ht": True}}}
    made = one_interface(
        "wlan0",
        device(),
        wireless=Answer({"radio0": {"config": config, "interfaces": [network]}}),
        stations={"wlan0": Answer(stations)},
    )
    told = made["wireless"]
    assert (told["mode"], told["ssid"], told["channel"]) == ("access_point", "Lab", 36)
    assert (told["frequency"], told["country"], told["htmode"]) == (5180, "DE", "VHT80")
    (client,) = told["clients"]
    assert (client["mac"], client["he"]) == ("aa:00:00:00:00:01", None)
    check({"type": "DeviceMonitoring", "interfaces": [made]})


def test_what_the_command_iwinfo_prints_is_read_where_rpcd_has_no_object() -> None:
    told = printed(
        'wlan0     ESSID: "a \\"b"\n          Access Point: 12:34:56:78:9A:BC\n'
        "          Mode: Mesh Point  Channel: 36 (5.180 GHz)  HT Mode: VHT80\n"
        "          Tx-Power: 23 dBm  Link Quality: 60/70\n"
        "          Signal: -50 dBm  Noise: -91 dBm\n          Bit Rate: 866.7 MBit/s\n"
    ).value
    assert told == {
        "ssid": 'a \\"b',
        "mode": "Mesh Point",
        "channel": 36,
        "frequency": 5180,
        "htmode": "VHT80",
        "txpower": 23,
        "quality": 60,
        "quality_max": 70,
        "signal": -50,
        "noise": -91,
        "bitrate": 866700,
    }
    assert printed("No such wireless device: wlan9\n").value == {}


def test_a_modem_has_the_signal_of_each_technology_it_tells(shared_data: Path) -> None:
    folder = shared_data / "monitoring/agent"

    def of(name: str) -> Answer:
        return Answer(json.loads((folder / name).read_text()))

    modem = of("modem_data.txt")
    (lte,) = modems([modem, of("lte_sample.txt")])
    assert lte.ports == ("wwan0",)
    assert (lte.mobile["imei"], lte.mobile["operator_code"]) == ("869710030159564", "00000")
    wanted = {"rsrp": -92.0, "rsrq": -9.0, "rssi": -64.0, "snr": 19.2}
    assert lte.mobile["signal"] == {"lte": wanted}
    (umts,) = modems([modem, of("umts_sample.txt")])
    assert umts.mobile["signal"] == {"umts": {"ecio": -3.5, "rscp": -96.0}}
    first, second = modems([modem, modem, of("lte_sample.txt")])
    assert (first.mobile["signal"], second.mobile["signal"]) == ({}, {"lte": wanted})
    told = interfaces(Parts(Reading(), modems=[modem]))
    assert [(one["name"], one["type"]) for one in told] == [("wwan0", "modem-manager")]
    assert one_interface("wwan0", device(), modems=[modem])["mobile"] == told[0]["mobile"]


@pytest.mark.parametrize("name", ["ip_json_neigh.txt", "ip_neigh.txt", "parse_app.txt"])
def test_neighbours_are_alike_whoever_tells_them(shared_data: Path, name: str) -> None:
    found = neighbours((shared_data / "monitoring/agent" / name).read_text())
    assert [(one["ip"], one["interface"], one["mac"]) for one in found[:3]] == [
        ("10.0.2.1", "eth1", "52:54:00:12:35:00"),
        ("192.168.56.1", "br-mng", "0a:00:27:00:00:00"),
        ("192.168.0.1", "eth2", "bc:0f:9a:17:5a:5c"),
    ]
    if name != "parse_app.txt":
        assert [one["state"] for one in found] == ["REACHABLE"] * 2 + ["STALE"] * 4
    check({"type": "DeviceMonitoring", "neighbors": found})


def test_a_neighbour_that_did_not_answer_has_no_mac() -> None:
    for text in (
        "10.0.0.9 dev br-lan  used 0/0/0 probes 6 FAILED\n",
        '[{"dst":"10.0.0.9","dev":"br-lan","state":["FAILED"]}]',
    ):
        expected = {"ip": "10.0.0.9", "interface": "br-lan", "state": "FAILED"}
        assert neighbours(text) == [expected]


def test_leases_of_other_forms_are_skipped(shared_data: Path) -> None:
    folder = shared_data / "monitoring/agent"
    (friday,) = leases((folder / "dhcp_leases.txt").read_text())
    assert (friday["client_name"], friday["expiry"]) == ("FRIDAY", 1620788343)
    (nameless,) = leases((folder / "dhcp_leases_irregular.txt").read_text())
    assert (nameless["client_name"], nameless["mac"]) == ("", "c6:df:44:00:00:00")
    assert leases("1705556643 12345678 fd00::2 host 00:01:00\n") == []


def test_disks_are_those_of_df_and_procds_root_where_there_is_no_df() -> None:
    table = (
        "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
        "overlayfs:/overlay 100 10 90 10% /\n/dev/sda1 100 25 75 25% /mnt/my disk\n"
        "/dev/sda1 100 25 75 25% /mnt/my disk\ntmpfs 10 0 10 0% /tmp\n"
    )
    root = {"root": {"total": 100, "used": 25, "avail": 75}}
    (disk,) = built(Parts(Reading(df=table, info=Answer(root))))["resources"]["disk"]
    assert (disk["mount_point"], disk["used_percent"]) == ("/mnt/my disk", 25)
    assert (disk["size_bytes"], disk["used_bytes"]) == (102400, 25600)
    (whole,) = built(Parts(Reading(info=Answer(root))))["resources"]["disk"]
    assert {**disk, "mount_point": "/", "filesystem": "rootfs"} == whole


def test_a_device_that_tells_nothing_has_an_empty_document() -> None:
    assert built(Parts(Reading())) == {"type": "DeviceMonitoring"}


KEYS = [
    *("system", "memory", "swap", "root", "load", "uptime", "total", "free", "interface", "route"),
    *("l3_device", "ipv4-address", "address", "mask", "statistics", "rx_bytes", "macaddr", "up"),
    *("clients", "results", "mac", "mode", "wlan0", "config", "interfaces", "ifname", "channel"),
    *("modem", "generic", "3gpp", "signal", "lte", "rssi", "ports", "imei", "operator-code"),
    *("bridge-members", "type", "dns-server", "rrm", "rx", "rate", "he", "target", "nexthop"),
]
text = st.text(st.characters(), max_size=3)  # surrogates and NUL, too
names = st.sampled_from(KEYS) | text
word = st.sampled_from(["Master", "bridge", "ap", "::", "00000", "1" * 15, "wwan0 (net)"]) | text
shaped = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | word,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner),
    max_leaves=16,
)
lines = st.text(st.sampled_from('12 aF:./-{}[]"\ndevlladr\ud800\0'), max_size=80)


@settings(max_examples=80)
@given(st.lists(shaped, min_size=7, max_size=7), st.lists(lines, min_size=6, max_size=6))
def test_whatever_a_device_says_the_document_fits(values: list[Any], said: list[str]) -> None:
    info, dump, devices, wireless, radio, stations, modem = map(Answer, values)
    reading = Reading(
        info=info,
        interfaces=Answer({"interface": dump.value}),
        devices=Answer({"wlan0": devices.value, "br-lan": devices.value}),
        df=said[0],
        loadavg=said[1],
        meminfo=said[2],
    )
    parts = Parts(
        reading,
        wireless=wireless,
        radios={"wlan0": radio},
        stations={"wlan0": stations},
        modems=[modem, Answer({"modem": modem.value})],
        leases=said[3],
        neighbours=said[4],
        openvpn=said[5],
    )
    made = built(parts)
    check(made)
    assert "\\u0000" not in json.dumps(made, ensure_ascii=False, allow_nan=False)
    assert json.dumps(made, ensure_ascii=False).encode()
