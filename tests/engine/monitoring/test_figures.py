"""What a document comes to, by openwisp-monitoring's rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from owtui.engine.monitoring import figures
from owtui.engine.monitoring.documentschema import SCHEMA
from tests.engine.monitoring.test_document import fitting


def of(**resources: Any) -> dict[str, Any]:
    return {"type": "DeviceMonitoring", "resources": resources}


@pytest.mark.parametrize(
    ("available", "used"),
    [({}, 70.0), ({"available": 5}, 70.0), ({"available": 50}, 40.0)],
)
def test_memory_counts_what_is_available_where_that_is_more(
    available: dict[str, int], used: float
) -> None:
    memory = {"total": 100, "free": 20, "buffered": 10, "shared": 1, **available}
    assert figures.memory_used(of(memory=memory)) == pytest.approx(used)


def test_disks_count_together_and_those_without_size_are_full() -> None:
    disks = [{"used_bytes": 10, "size_bytes": 100}, {"used_bytes": 90, "size_bytes": 100}]
    assert figures.disk_used(of(disk=disks)) == 50.0
    assert figures.disk_used(of(disk=[{"used_bytes": 0, "size_bytes": 0}])) == 100.0


def test_a_station_of_two_radios_counts_once(shared_data: Path) -> None:
    told = json.loads((shared_data / "openwrt/netjson-monitoring-dev1.json").read_text())
    assert figures.clients(told) == 4
    first, second = (one for one in told["interfaces"] if "wireless" in one)
    second["wireless"]["clients"] = first["wireless"]["clients"]
    assert figures.clients(told) == 2
    second["wireless"]["clients"] = {}
    assert figures.clients(told) == 2
    assert len(figures.counted(told)) == len(told["interfaces"]) == 9


@settings(max_examples=60)
@given(fitting(SCHEMA))
def test_every_document_that_fits_has_figures(document: dict[str, Any]) -> None:
    used = figures.memory_used(document), figures.disk_used(document), figures.load(document)
    assert all(one is None or isinstance(one, float) for one in used)
    assert (figures.clients(document) is None) == (
        not any("wireless" in one for one in document.get("interfaces", []))
    )
    assert len(figures.counted(document)) <= len(document.get("interfaces", []))
