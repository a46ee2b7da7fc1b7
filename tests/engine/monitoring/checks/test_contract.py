"""Every check of the registry: what it says of itself, and golden readings of what it is told.

A check brings `tests/data/checks/TYPE.json`: a list of what it was told with what it makes of it.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from owtui.engine.monitoring.checks.base import DEFAULT_EVERY_S, Check
from owtui.engine.monitoring.checks.registry import Checks
from owtui.engine.monitoring.metrics import METRICS
from owtui.errors import InputError
from owtui.settings import Settings
from tests.engine.monitoring.checks.means import World
from tests.rows import device

DATA = Path(__file__).parents[3] / "data" / "checks"
CHECKS = list(Checks.load())
IDS = [check.type for check in CHECKS]
SAMPLES = [
    pytest.param(check, sample, id=f"{check.type}: {sample['about']}")
    for check in CHECKS
    for sample in json.loads((DATA / f"{check.type}.json").read_text("utf-8"))
]


def test_the_five_of_openwisp_are_there_and_on_as_it_has_them() -> None:
    chosen = Settings()
    assert {check.type: getattr(chosen, check.setting) for check in CHECKS} == {
        **{"ping": True, "config_applied": True, "data_collected": True},
        **{"iperf3": False, "wifi_clients": False},
    }
    assert {check.every_s for check in CHECKS} == {DEFAULT_EVERY_S} == {chosen.checks_every_s}


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_it_says_what_it_is_and_writes_metrics_that_are_a_checks_own(check: Check) -> None:
    assert check.title and check.help and not check.help.endswith(".")
    assert check.metrics
    assert all(METRICS[kind].active for kind in check.metrics)


@pytest.mark.parametrize("check", CHECKS, ids=IDS)
def test_numbers_have_ranges_and_both_ends_are_allowed(check: Check) -> None:
    def walk(schema: Any, path: tuple[str, ...] = ()) -> None:
        assert schema["additionalProperties"] is False
        for name, part in schema["properties"].items():
            if part["type"] == "object":
                walk(part, (*path, name))
            elif part["type"] == "integer":
                for edge, beyond in ((part["minimum"], -1), (part["maximum"], 1)):
                    check.prove(nested((*path, name), edge))
                    with pytest.raises(InputError):
                        check.prove(nested((*path, name), edge + beyond))
                assert part["minimum"] <= part["default"] <= part["maximum"]

    def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
        first, *rest = path
        return {first: nested(tuple(rest), value) if rest else value}

    walk(check.schema)


@pytest.mark.parametrize(("check", "sample"), SAMPLES)
def test_what_is_told_becomes_these_readings_without_any_input_or_output(
    check: Check, sample: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise AssertionError("reading is pure")

    world = World()
    asked = world.asked(check, device(**sample.get("row", {"status": "ok"})))
    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr("builtins.open", refused)
    found = check.read(sample["told"], asked)
    monkeypatch.undo()
    told = None
    if found is not None:
        assert {one.at for one in found} == {world.now.timestamp()}
        assert {one.configuration for one in found} <= set(check.metrics)
        told = [
            {"configuration": one.configuration, "values": dict(one.values), "tell": one.tell}
            for one in found
        ]
    assert told == sample["readings"]
    for one in found or ():
        assert set(one.values) <= set(METRICS[one.configuration].fields)


def test_a_second_check_of_a_type_and_a_schema_that_is_none_are_refused() -> None:
    checks = Checks.load()
    with pytest.raises(ValueError, match="two checks"):
        checks.add(CHECKS[0])

    class Odd(type(CHECKS[0])):  # type: ignore[misc]  # any concrete check
        type = "odd"
        schema = {"type": "no such type"}  # noqa: RUF012

    with pytest.raises(ValueError, match="the schema of odd"):
        checks.add(Odd())


def test_a_type_that_is_not_there_gets_the_nearest_one() -> None:
    with pytest.raises(InputError) as refused:
        Checks.load().get("pign")
    assert refused.value.hint == "Did you mean ping?"


class _Point:
    """An entry point of an installed plug-in."""

    name = "broken"

    def load(self) -> None:
        raise ImportError("no module leds")


def test_a_plug_in_that_breaks_is_told_and_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("owtui.engine.plugins.entry_points", lambda group: [_Point()])
    checks = Checks.load()
    assert list(checks.types) == sorted(IDS)
    assert checks.problems == ("The check broken is left out: ImportError: no module leds.",)
