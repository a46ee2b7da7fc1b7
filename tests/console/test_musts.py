"""Keys of the feature table that no other test presses, each looked at on the screen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from owtui.console.screens.fleet import FleetScreen
from tests.console.driving import driven, press, settled, shown, type_text, until


def _names(pilot: Pilot[Any]) -> list[str]:
    screen = pilot.app.screen
    assert isinstance(screen, FleetScreen)
    rows = [screen.table.row(key) for key in screen.table.order]
    return [row.text(1) for row in rows if row is not None]


def _marked(pilot: Pilot[Any]) -> int:
    return sum("●" in line[:3] for line in shown(pilot.app)[2:-2])


@pytest.mark.parametrize(
    ("text", "finds"),
    [
        ("/^gw-n/", ["gw-north"]),
        ("!ap- !cpe", ["gw-harbour", "gw-north"]),
        ("~hrbour !tag=cpe !ap-", ["gw-harbour"]),
        ("tag=yard name=*-06", ["ap-yard-06"]),
        ("model:mt1300 status=problem", ["cpe-03"]),
    ],
    ids=["regex", "inverse", "fuzzy", "label", "part"],
)
async def test_each_kind_of_filter_finds(folder: Path, text: str, finds: list[str]) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, f"/{text}")
        await press(pilot, "enter")
        assert _names(pilot) == finds
        assert finds[0] in "\n".join(shown(pilot.app)[2:])


async def test_a_range_is_marked_by_v_and_by_shift_and_the_arrows(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "space", "j", "j", "V")
        assert _marked(pilot) == 4 and "4 marked" in shown(pilot.app)[-2]
        await press(pilot, "u")
        assert _marked(pilot) == 0
        await press(pilot, "g", "shift+down", "shift+down")
        assert _marked(pilot) == 2
        await press(pilot, "shift+up")
        assert _marked(pilot) == 3


async def test_digits_jump_and_minus_toggles(folder: Path) -> None:
    async with driven(folder) as pilot:
        titles = []
        for key in ("6", "1", "minus", "minus"):
            await press(pilot, key)
            titles.append("Jobs" in shown(pilot.app)[0])
        assert titles == [True, False, True, False]


async def test_the_list_is_exported_as_json(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "faults.json"
    async with driven(folder) as pilot:
        await press(pilot, "F", "E")
        await press(pilot, *["backspace"] * len("devices.csv"))
        await type_text(pilot, str(file))
        await press(pilot, "enter")
        await until(pilot, file.exists)
        await settled(pilot)
    assert len(json.loads(file.read_text("utf-8"))) == 5


async def test_wide_shows_every_column_and_again_those_that_fit(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, ":columns ip model fw os kernel target board")
        await press(pilot, "enter")
        fitting = shown(pilot.app)[1]
        await press(pilot, "w")
        assert shown(pilot.app)[1] != fitting
        await press(pilot, "w")
        assert shown(pilot.app)[1] == fitting


async def test_the_fleets_are_listed_and_the_one_of_now_is_told(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, ":fleet")
        await press(pilot, "enter")
        assert "Go to the fleet" in "\n".join(shown(pilot.app))
