"""The verdict as a whole: files, space, the new way in, and what never matters."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.configs.cutoff import CutOff, Entrance, Way, judge
from owtui.engine.configs.model import File, SeenFrom
from owtui.engine.openwrt import uci
from owtui.engine.openwrt.facts import Facts
from owtui.errors import InputError
from storage.secrets import Secret
from tests.engine.configs.asked import DHCP, NETWORK, ROUTER, place, said, way_to
from tests.engine.configs.corpus import Pair, corpus

AWAY = ROUTER.with_text(
    "network",
    NETWORK.replace("'255.255.255.0'", "'255.255.255.0'\n\toption gateway '10.77.0.1'"),
).from_("10.50.0.9")

# -- files ------------------------------------------------------------------------------------


def test_a_network_file_without_a_byte_brings_the_factory_settings() -> None:
    for file in (File(b""), None):
        found = ROUTER.put({"/etc/config/network": file})
        assert found.level == "certain"
        assert "factory settings" in said(found)
    found = ROUTER.put({"/etc/config/system": File(b"")})
    assert (found.level, place(found)) == ("doubt", "system")


@pytest.mark.parametrize(
    ("package", "level"),
    [("network", "certain"), ("dropbear", "certain"), ("uhttpd", "doubt"), ("snmpd", "safe")],
)
def test_a_file_that_cannot_be_read(package: str, level: str) -> None:
    found = ROUTER.put({f"/etc/config/{package}": File(b"config x 'y\n")})
    assert found.level == level
    assert level == "safe" or "a quote ' is never closed" in said(found)


@pytest.mark.parametrize("package", ["firewall", "wireless", "dropbear", "network"])
def test_what_could_not_be_read_is_a_doubt_where_it_takes_part(package: str) -> None:
    texts = {name: text for name, text in ROUTER.texts.items() if name != package}
    running = replace(ROUTER, texts=texts).running()
    hidden = replace(running, unread={f"/etc/config/{package}": "permission denied."})
    touched = "firewall" if package == "network" else "network"
    text = texts[touched].replace("'Allow-Ping'", "'Ping'").replace("'60'", "'64'")
    change = {f"/etc/config/{touched}": File(text.encode())}
    found = judge(ROUTER.way, hidden, change, ROUTER.facts)
    assert found.level == "doubt"
    assert f"/etc/config/{package} could not be read (permission denied)" in said(found)
    name = {"/etc/config/system": File(b"config system\n\toption hostname 'x'\n")}
    assert judge(ROUTER.way, hidden, name, ROUTER.facts).level == "safe"


def test_scripts_that_touch_the_way_in_are_doubts() -> None:
    for line in (b"ip addr flush br-lan", b"uci set network.lan.ipaddr=1.2.3.4", b"wifi down"):
        assert ROUTER.put({"/etc/rc.local": File(line + b"\nexit 0\n")}).level == "doubt"
        assert ROUTER.put({"/etc/rc.local": File(b"# " + line + b"\n")}).level == "safe"
    assert ROUTER.put({"/etc/rc.local": File(b"logger up\n")}).level == "safe"
    assert ROUTER.put({"/etc/init.d/network": None}).level == "doubt"
    assert ROUTER.put({"/etc/init.d/network": File(b"exit 0")}).level == "doubt"
    assert ROUTER.put({"/etc/init.d/other": File(b"ifdown lan")}).level == "safe"


def test_a_script_that_did_so_before_is_no_news() -> None:
    old = replace(ROUTER, files={"/etc/rc.local": b"wifi down\n"})
    assert old.put({"/etc/rc.local": File(b"# quiet\nwifi down\n")}).level == "safe"


@pytest.mark.parametrize(
    ("free", "level"), [(1_000, "certain"), (60_000, "doubt"), (10**6, "safe")]
)
def test_the_flash_must_hold_it(free: int, level: str) -> None:
    full = replace(ROUTER, free=free)
    found = full.put({"/etc/banner": File(b"x" * 900)})
    assert found.level == level
    assert full.put({}).level == "safe"
    told = replace(ROUTER, facts=Facts(flash_total=10**7, flash_available=free))
    assert told.put({"/etc/banner": File(b"x" * 900)}).level == level


def test_where_nobody_knows_what_is_free_the_guard_will_see() -> None:
    assert ROUTER.put({"/etc/banner": File(b"x" * 10**6)}).level == "safe"


# -- our own address and the device's name ----------------------------------------------------


def test_a_pool_that_no_longer_has_our_address_is_a_doubt() -> None:
    leased = ROUTER.from_("10.77.0.120")
    assert leased.ask("dhcp", ("'100'\n\toption limit", "'150'\n\toption limit")).level == "doubt"
    assert leased.ask("dhcp", (DHCP, f"{DHCP}\toption ignore '1'\n")).level == "doubt"
    assert leased.ask("dhcp", (DHCP, f"{DHCP}\toption leasetime '1h'\n")).level == "safe"
    assert ROUTER.ask("dhcp", (DHCP, f"{DHCP}\toption ignore '1'\n")).level == "safe"


def test_a_name_that_follows_the_hostname_is_a_doubt() -> None:
    named = replace(ROUTER, way=replace(ROUTER.way, address="ap-01.lan"))
    assert named.ask("system", ("ap-01", "ap-02")).level == "doubt"
    assert (
        named.ask("system", ("option hostname", "option zonename 'x'\n\toption hostname")).level
        == "safe"
    )
    assert ROUTER.ask("system", ("ap-01", "ap-02")).level == "safe"


# -- the new way in ---------------------------------------------------------------------------


def test_a_new_address_or_port_is_derived() -> None:
    assert ROUTER.ask("network", ("10.77.0.11", "10.77.0.12")).new_way == Entrance("10.77.0.12", 22)
    assert ROUTER.ask("dropbear", ("'22'", "'2222'")).new_way == Entrance("10.77.0.11", 2222)
    assert ROUTER.ask("network", ("10.77.0.11", "10.99.0.1")).new_way == Entrance("10.99.0.1", 22)
    both = ROUTER.put(
        {
            "/etc/config/network": File(NETWORK.replace("0.11", "0.12").encode()),
            "/etc/config/dropbear": File(ROUTER.texts["dropbear"].replace("'22'", "'99'").encode()),
        }
    )
    assert both.new_way == Entrance("10.77.0.12", 99)
    assert str(both.new_way) == "10.77.0.12:99"


def test_no_new_way_is_promised_where_it_would_be_shut() -> None:
    assert ROUTER.ask("dropbear", ("'22'", "'2222'\n\toption RootLogin '0'")).new_way is None
    assert ROUTER.ask("network", ("proto 'static'", "proto 'dhcp'")).new_way is None
    web = replace(ROUTER, way=replace(way_to("10.77.0.11", "10.77.0.70", 80), transport="http"))
    assert web.ask("uhttpd", ("0.0.0.0:80", "0.0.0.0:8080")).new_way == Entrance("10.77.0.11", 8080)


@pytest.mark.parametrize(
    ("package", "old", "new", "to", "level"),
    [
        ("network", "10.77.0.11", "10.77.0.12", "10.77.0.12", "doubt"),
        ("network", "10.77.0.11", "10.77.0.12", "10.77.0.12:22", "doubt"),
        ("network", "10.77.0.11", "10.77.0.12", "10.77.0.13", "certain"),
        ("network", "10.77.0.11", "10.77.0.12", "10.77.0.12:23", "certain"),
        ("network", "proto 'static'", "proto 'dhcp'", "10.77.0.44", "doubt"),
        ("network", "proto 'static'", "proto 'dhcp'", "10.77.0.11", "doubt"),
        ("network", "10.77.0.11", "10.99.0.1", "10.99.0.1", "doubt"),
        ("dropbear", "'22'", "'2222'", ":2222", "doubt"),
        ("dropbear", "'22'", "'2222'", "10.77.0.11:2222", "doubt"),
        ("dropbear", "'22'", "'2222'", ":2022", "certain"),
        ("dropbear", "'22'", "'2222'", "ap-01.example:2222", "doubt"),
        ("system", "ap-01", "ap-02", "10.77.0.11", "safe"),
    ],
)
def test_what_is_left_on_purpose_is_judged_by_the_new_way(
    package: str, old: str, new: str, to: str, level: str
) -> None:
    found = ROUTER.ask(package, (old, new), on_purpose=to)
    assert found.level == level, found
    assert found.new_way is not None
    assert package == "system" or "is left on purpose" in said(found)


def test_a_neighbour_must_move_along_and_others_need_a_gateway() -> None:
    found = ROUTER.ask("network", ("10.77.0.11", "10.99.0.1"), on_purpose="10.99.0.1")
    assert "in another network than this machine" in said(found)
    found = AWAY.ask("network", ("10.77.0.11", "10.99.0.1"), on_purpose="10.99.0.1")
    assert found.level == "certain"
    moved = (("10.77.0.11", "10.99.0.2"), ("'10.77.0.1'", "'10.99.0.1'"))
    assert AWAY.ask("network", *moved, on_purpose="10.99.0.2").level == "doubt"


@pytest.mark.parametrize("text", ["[::1", "10.0.0.1:99999", "10.0.0.1:ssh", " "])
def test_a_way_in_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        ROUTER.ask("system", ("ap-01", "ap-02"), on_purpose=text)


def test_ipv6_is_written_in_brackets() -> None:
    six = replace(ROUTER, way=way_to("fd00::1", "fd00::2"))
    for text in ("fd00::9", "[fd00::9]", "[fd00::9]:22"):
        found = six.ask("system", ("ap-01", "ap-02"), on_purpose=text)
        assert str(found.new_way) == "[fd00::9]:22"


def test_the_password_is_shown_nowhere() -> None:
    assert "hunter2" not in repr(Way("10.0.0.1", password=Secret("hunter2")))


# -- what never matters -----------------------------------------------------------------------

DRAWN = corpus(7, 48)
NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,12}", fullmatch=True)
KNOWN = (
    "network",
    "wireless",
    "firewall",
    "dropbear",
    "uhttpd",
    "rpcd",
    "system",
    "dhcp",
    "openvpn",
    "mwan3",
    "pbr",
    "banip",
    "vpn-policy-routing",
    "babeld",
    "olsrd",
    "olsrd2",
    "bird",
    "frr",
    "batman-adv",
    "bmx7",
    "zerotier",
    "tailscale",
    "tinc",
    "ipsec",
    "strongswan",
    "fastd",
    "sshtunnel",
    "autossh",
)


@given(st.sampled_from(DRAWN))
def test_an_unchanged_configuration_is_always_safe(pair: Pair) -> None:
    box = pair.box
    running = box.running()
    assert judge(box.way, running, {}, box.facts) == CutOff()
    assert judge(box.way, running, running.files, box.facts) == CutOff()


@given(st.sampled_from(DRAWN))
def test_the_same_configuration_printed_anew_is_always_safe(pair: Pair) -> None:
    box = pair.box
    running = box.running()
    printed = {
        path: File(
            b"# printed\n" + uci.export(uci.parse(file.data, path.rpartition("/")[2])).encode()
        )
        for path, file in running.files.items()
        if path.startswith("/etc/config/")
    }
    assert judge(box.way, running, printed, box.facts).level == "safe"


@given(
    st.sampled_from(DRAWN),
    NAMES.filter(lambda name: name not in KNOWN),
    st.dictionaries(NAMES, st.text("abc019.:/-", max_size=12), max_size=4),
)
def test_packages_that_have_nothing_to_do_with_it_never_matter(
    pair: Pair, name: str, options: dict[str, str]
) -> None:
    box = pair.box
    package = uci.Package(name, (uci.Section("interface", "lan", dict(options)),))
    changes = {f"/etc/config/{name}": File(uci.export(package).encode())}
    assert judge(box.way, box.running(), changes, box.facts).level == "safe"


@given(st.sampled_from(DRAWN), st.binary(max_size=60), st.sampled_from(KNOWN))
def test_any_bytes_are_judged_without_an_error(pair: Pair, data: bytes, name: str) -> None:
    box = pair.box
    path = f"/etc/config/{name}"
    old = box.printed().get(path, File(b"")).data
    for content in (data, old + data, old[: len(data)]):
        judge(box.way, box.running(), {path: File(content)}, box.facts)


@given(
    st.text("0123456789abcdef.:[]%/ -", max_size=20), st.text("0123456789abcdef.:%", max_size=20)
)
def test_any_way_in_is_judged_without_an_error(address: str, client: str) -> None:
    device = replace(ROUTER, way=Way(address, seen=SeenFrom(client, address, 22)))
    device.ask("network", ("10.77.0.11", "10.77.0.12"))
    device.ask("firewall", ("ACCEPT", "DROP"))
