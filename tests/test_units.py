"""What people read and type: ages, sizes, versions."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui import units


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "–"),
        (-5, "<10s"),
        (9.9, "<10s"),
        (10, "10s"),
        (29, "10s"),
        (30, "30s"),
        (59, "30s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (47 * 3600, "47h"),
        (48 * 3600, "2d"),
        (400 * 86400, "400d"),
    ],
)
def test_ages_are_coarse(seconds: float | None, text: str) -> None:
    assert units.age_text(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, "–"),
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (1536, "1.5 KiB"),
        (12373196, "11.8 MiB"),
        (128 * 2**20, "128 MiB"),
        (3 * 2**40, "3 TiB"),
    ],
)
def test_sizes_have_a_binary_unit(size: int | None, text: str) -> None:
    assert units.bytes_text(size) == text


def test_uptime_is_said_to_the_minute() -> None:
    assert units.uptime_text(12 * 86400 + 4 * 3600 + 11 * 60) == "12d 04:11"
    assert units.uptime_text(59) == "00:00"
    assert units.uptime_text(None) == "–"


def test_times_are_written_in_utc_without_fractions() -> None:
    assert units.iso(datetime(2026, 11, 23, 9, 46, 4, 999, UTC)) == "2026-11-23T09:46:04Z"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("80", 80),
        ("80%", 80),
        ("1.5k", 1500),
        ("16M", 16e6),
        ("16MB", 16e6),
        ("16MiB", 16 * 2**20),
        ("16Mi", 16 * 2**20),
        ("512B", 512),
        ("2 GiB", 2**31),
        ("-3", -3),
        ("", None),
        ("many", None),
        ("5parsecs", None),
    ],
)
def test_numbers_with_units_are_read(text: str, value: float | None) -> None:
    assert units.parse_number(text) == value


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("5m", 300), ("1h30m", 5400), ("2w", 1209600), ("1.5d", 129600), ("5 m", None),
     ("m", None), ("5y", None), ("", None)],
)  # fmt: skip
def test_ages_are_read_in_seconds(text: str, seconds: float | None) -> None:
    assert units.parse_age(text) == seconds


def test_versions_order_as_openwrt_released_them() -> None:
    released = [
        *("19.07.9", "19.07.10", "21.02.0-rc4", "21.02.0", "22.03.7", "23.05.0-rc2", "23.05.0"),
        *("23.05.5", "23.05-SNAPSHOT", "24.10.1", "24.10.10", "SNAPSHOT"),
    ]
    keys = [units.version_key(version) for version in released]
    assert None not in keys
    assert keys == sorted(keys)  # type: ignore[type-var]  # no None, as just seen
    assert len(set(keys)) == len(keys)


def test_a_missing_last_number_is_zero() -> None:
    assert units.version_key("24.10") == units.version_key("v24.10.0")


@pytest.mark.parametrize("text", ["", "unknown", "r28427-abc"])
def test_what_is_no_version_has_no_place(text: str) -> None:
    assert units.version_key(text) is None


@given(st.text())
def test_no_text_breaks_a_reader(text: str) -> None:
    units.parse_age(text)
    units.parse_number(text)
    units.version_key(text)
    assert units.natural_key(text) == units.natural_key(text)


def test_a_version_of_ten_thousand_digits_is_only_a_version() -> None:
    assert units.version_key("9" * 10_000) is not None


def test_names_order_as_people_count() -> None:
    names = ["ap-10", "AP-2", "ap-1", "gw", "1st"]
    assert sorted(names, key=units.natural_key) == ["1st", "ap-1", "AP-2", "ap-10", "gw"]
