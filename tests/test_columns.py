"""One table of columns for every face."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from owtui import columns
from owtui.errors import InputError
from tests.rows import NOW, device

FACTS = {
    "version": "24.10.1",
    "load": [0.5, 0.2, 0.1],
    "cpus": 2,
    "memory_total": 128 * 2**20,
    "memory_available": 64 * 2**20,
    "flash_total": 8 * 2**20,
    "flash_available": 0,
    "clients": 0,
    "uptime_s": 3 * 86400.0,
}


def cell(key: str, **fields: object) -> str:
    found = columns.column(key)
    assert found is not None
    return found.cell(device(**fields), NOW)


def test_facts_become_cells() -> None:
    shown = {
        key: cell(key, facts=FACTS) for key in ("fw", "cpu", "load", "mem", "clients", "uptime")
    }
    assert shown == {
        "fw": "24.10.1",
        "cpu": "25%",
        "load": "0.50",
        "mem": "50%",
        "clients": "0",
        "uptime": "3d",
    }


def test_a_full_flash_is_zero_bytes_and_not_unknown() -> None:
    assert cell("flash_free", facts=FACTS) == "0 B"
    assert cell("flash", facts=FACTS) == "100%"
    assert cell("tmp_free", facts=FACTS) == "–"


def test_a_device_without_facts_has_empty_cells_and_no_guesses() -> None:
    row = device()
    for each in columns.COLUMNS:
        assert isinstance(each.cell(row, NOW), str)
    assert cell("factory") == "–"
    assert cell("cpu") == cell("mem") == cell("clients") == cell("seen") == "–"


def test_the_address_shown_is_the_operators_first() -> None:
    assert cell("ip", address="ap.example", management_ip="10.0.0.2") == "ap.example"
    assert cell("ip", last_ip="10.0.0.3") == "10.0.0.3"


def test_a_deactivated_device_is_told_as_such_whatever_it_answered() -> None:
    assert cell("status", status="ok", is_deactivated=True) == "deactivated"
    assert cell("state", status="ok", is_deactivated=True) == "·"
    assert columns.symbol("ok", ascii_only=True) == "+"


def test_the_json_record_keeps_the_contract_of_the_command_line() -> None:
    row = device(tags=("roof", "5g"), last_seen=NOW)
    record = columns.record(row, columns.view("json"), NOW)
    assert list(record) == [
        *("id", "name", "address", "management_ip", "mac", "organization", "group", "tags"),
        *("model", "os", "zone", "status", "config_status", "last_seen"),
    ]
    assert record["tags"] == ["roof", "5g"]
    assert record["last_seen"] == "2026-11-23T12:00:00Z"
    assert record["id"] == str(row.id)


def test_keys_and_aliases_name_one_column_each() -> None:
    names = [name for c in columns.COLUMNS for name in (c.key, *c.aliases)]
    assert len(names) == len(set(names))
    assert all(columns.view(name) for name in columns.VIEWS)


def test_an_unknown_column_comes_with_the_nearest_one() -> None:
    with pytest.raises(InputError) as refused:
        columns.get("modle")
    assert refused.value.hint == "The nearest is model."


def test_the_fleet_view_fits_a_terminal_of_eighty_columns() -> None:
    fleet = columns.view("fleet")
    assert sum(c.width + 1 for c in fleet) <= 80 - 2


def test_what_does_not_fit_goes_by_priority_and_the_order_stays() -> None:
    kept = [c.key for c in columns.fitting(columns.view("fleet"), 45)]
    assert kept == ["state", "name", "ip", "cpu", "seen"]


def test_rows_order_by_version_and_the_unknown_come_last_both_ways() -> None:
    rows = [
        device("a", facts={"version": "23.05.5"}),
        device("b"),
        device("c", facts={"version": "24.10.1"}),
    ]
    up = [row.name for row in columns.ordered(rows, "fw", NOW)]
    down = [row.name for row in columns.ordered(rows, "fw", NOW, reverse=True)]
    assert (up, down) == (["a", "c", "b"], ["c", "a", "b"])


def test_addresses_order_as_numbers() -> None:
    rows = [
        device("a", address="10.0.0.10"),
        device("b", address="10.0.0.9"),
        device("c", address="z"),
    ]
    assert [row.name for row in columns.ordered(rows, "ip", NOW)] == ["b", "a", "c"]


@pytest.mark.parametrize("key", [c.key for c in columns.COLUMNS])
def test_every_column_can_be_sorted(key: str) -> None:
    rows = [
        device("a", facts=FACTS, last_seen=NOW - timedelta(minutes=1), tags=("x",), created=NOW),
        device("b", facts=FACTS, last_seen=NOW, address="10.0.0.1", status="critical", created=NOW),
        device("c"),
    ]
    assert {row.name for row in columns.ordered(rows, key, NOW)} == {"a", "b", "c"}


def test_the_table_loads_neither_storage_nor_a_face() -> None:
    code = (
        "import sys, owtui.columns;"
        "print([m for m in ('storage.rows', 'sqlmodel', 'textual') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert ran.stdout.strip() == "[]", ran.stderr
