"""Names, MACs, keys and addresses: OpenWISP's rules, whatever is typed."""

from __future__ import annotations

import ipaddress
import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from storage import rules
from storage.errors import RuleError

PAIRS = st.lists(st.integers(0, 255), min_size=6, max_size=6)
LABEL = st.from_regex(r"[a-zA-Z0-9]([a-zA-Z0-9-]{0,20}[a-zA-Z0-9])?", fullmatch=True)


@given(PAIRS, st.sampled_from(":-"), st.booleans())
def test_every_spelling_of_a_mac_becomes_the_same(
    pairs: list[int], separator: str, upper: bool
) -> None:
    text = separator.join(f"{pair:02x}" for pair in pairs)
    clean = rules.mac_address(f" {text.upper() if upper else text} ")
    assert clean == ":".join(f"{pair:02X}" for pair in pairs)
    assert rules.mac_address(clean) == clean
    assert rules.device_name(text) == text  # a MAC is a name


@given(st.text(max_size=24))
def test_what_is_no_mac_is_refused_in_words(text: str) -> None:
    try:
        clean = rules.mac_address(text)
    except RuleError as error:
        assert "must be a valid mac address" in error.sentence
        assert error.field == "mac_address"
    else:
        assert re.fullmatch(r"([0-9A-F]{2}:){5}[0-9A-F]{2}", clean)


@given(st.lists(LABEL, min_size=1, max_size=6))
def test_hostnames_are_names(labels: list[str]) -> None:
    name = ".".join(labels)
    assume(len(name) <= 64)
    assert rules.device_name(name) == name


@given(st.text(max_size=80))
def test_a_name_that_passes_is_short_and_plain(text: str) -> None:
    try:
        name = rules.device_name(text)
    except RuleError as error:
        assert "must be either a valid hostname or mac address" in error.sentence
    else:
        assert 1 <= len(name) <= 64
        assert re.fullmatch(r"[0-9A-Za-z.:-]+", name)


@pytest.mark.parametrize(
    "name", ["", " ", "-ap", "ap-", "ap_1", "a b", "ap..1", "a" * 65, "é", "ap\n1", "a" * 64]
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(RuleError):
        rules.device_name(name)


@given(st.ip_addresses())
def test_an_address_has_one_spelling(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    long = ip.exploded.upper()
    assert rules.ip_address(long, "last_ip") == str(ip)
    assert rules.address(f" {long} ") == str(ip)


@given(st.text(min_size=1, max_size=300))
def test_an_address_that_passes_can_be_dialled(text: str) -> None:
    try:
        address = rules.address(text)
    except RuleError as error:
        assert error.field == "address"
    else:
        assert len(address) <= 255
        assert not re.search(r"[\s/@]", address)


@pytest.mark.parametrize("text", ["10.0.0.1:22", "root@ap", "ap 1", "http://ap", "[::1]:22"])
def test_an_address_holds_neither_port_nor_user(text: str) -> None:
    with pytest.raises(RuleError, match="neither a host name nor an IP address"):
        rules.address(text)


def test_addresses_people_write() -> None:
    assert rules.address("[fe80::1]") == "fe80::1"
    assert rules.address("ap_1.lan") == "ap_1.lan"
    assert rules.address("") == ""
    assert rules.ip_address(" ", "last_ip") is None
    with pytest.raises(RuleError, match=r"'10\.0\.0\.256' is not an IPv4 or IPv6 address"):
        rules.ip_address("10.0.0.256", "management_ip")


@pytest.mark.parametrize("text", ["a b", "a.b", "a/b", "", "x" * 65])
def test_a_key_has_no_spaces_dots_or_slashes(text: str) -> None:
    with pytest.raises(RuleError, match="Key must not contain spaces, dots or slashes"):
        rules.key(text)


def test_a_new_key_is_random_and_a_key() -> None:
    first, second = rules.new_key(), rules.new_key()
    assert first != second
    assert rules.key(first) == first
    assert len(first) == 32


def test_an_empty_serial_number_is_none() -> None:
    assert rules.hardware_id("  ") is None
    assert rules.hardware_id(" SN1 ") == "SN1"
    with pytest.raises(RuleError, match="longer than 32"):
        rules.hardware_id("x" * 33)


def test_tags_are_sorted_and_single() -> None:
    assert rules.tags(["roof", " mesh", "roof", ""]) == ["mesh", "roof"]
    with pytest.raises(RuleError, match="must not contain spaces or commas"):
        rules.tags(["a,b"])


@pytest.mark.parametrize(
    ("ip", "private"),
    [
        ("10.0.0.5", True),
        ("192.168.1.1", True),
        ("203.0.113.5", True),  # a documentation network
        ("100.64.0.1", False),  # carriers' shared space: neither private nor global
        ("84.32.46.153", False),
        ("fd00::1", True),
        ("2a00::1", False),
    ],
)
def test_private_is_what_openwisp_takes_for_private(ip: str, private: bool) -> None:
    assert rules.is_private(ip) is private
