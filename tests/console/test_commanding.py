"""The `:` line and the palette: verbs that do, mistakes in one sentence, completion by what is."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual import events
from textual.keys import _character_to_key

from owtui.console import verbs
from owtui.console.frame import Frame
from tests.console.driving import driven, press, settled, shown, type_text, until


async def test_a_command_line_filters_sorts_and_chooses_columns(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, ":devices tag=roof")
        await press(pilot, "enter")
        assert "/tag=roof" in shown(pilot.app)[0]
        await type_text(pilot, ":sort mem")
        await press(pilot, "enter")
        assert "sort mem" in shown(pilot.app)[-2]
        await type_text(pilot, ":columns tags zone")
        await press(pilot, "enter")
        assert shown(pilot.app)[1].split() == ["M", "S", "NAME", "TAGS", "ZONE"]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("nonsense", "There is no command “nonsense”."),
        ("simulate", "“simulate” is not in the console. Use `owtui simulate`."),
        ("jobs pause", "jobs pause needs ID."),
        ("sort nothing", "There is no column “nothing”."),
        ("theme neon", "There is no theme “neon”."),
        ("view none", "There is no view “none”."),
        ("run uptime @name=nobody", "No device matches"),
        ("filter cpu>x", "cpu> needs a number"),
    ],
)
async def test_a_mistake_is_told_in_a_sentence_and_the_line_stays(
    folder: Path, line: str, sentence: str
) -> None:
    async with driven(folder) as pilot:
        frame = pilot.app.screen
        assert isinstance(frame, Frame)
        await type_text(pilot, f":{line}")
        await press(pilot, "enter")
        assert any(sentence in one for one in shown(pilot.app)[-6:])
        assert frame.query_one("#command").display


async def test_a_device_that_was_added_is_in_the_list_at_once_and_not_changed_by_a_second_one(
    folder: Path,
) -> None:
    async with driven(folder) as pilot:
        table = pilot.app.screen.table
        await type_text(pilot, ":devices add zz-new 192.0.2.7")
        await pilot.press("enter")
        await until(pilot, lambda: table.total == 41)
        await type_text(pilot, ":devices add zz-new 192.0.2.8")
        await press(pilot, "enter")
        await until(pilot, lambda: "There is a device zz-new already." in "".join(shown(pilot.app)))
        rows = pilot.app.session.rows.values()
        assert [row.address for row in rows if row.name == "zz-new"] == ["192.0.2.7"]


async def test_a_view_is_saved_and_used(folder: Path) -> None:
    async with driven(folder) as pilot:
        for line in (":filter tag=yard", ":view save yards", ":view roofs", ":view yards"):
            await type_text(pilot, line)
            await press(pilot, "enter")
        assert "view:yards" in shown(pilot.app)[0]
        assert pilot.app.screen.table.total == 40
        assert len(pilot.app.screen.table.order) == 6


async def test_run_shows_a_plan_for_the_devices_of_its_filter(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, ":run uptime @tag=roof")
        await press(pilot, "enter")
        await until(pilot, lambda: "Plan" in shown(pilot.app)[0])
        assert "will change 12" in shown(pilot.app)[1]


async def test_what_changes_is_refused_in_read_only_mode(folder: Path) -> None:
    async with driven(folder, read_only=True) as pilot:
        await type_text(pilot, ":run reboot @tag=roof")
        await press(pilot, "enter")
        assert any("read-only" in line for line in shown(pilot.app)[-4:])


async def test_completion_offers_verbs_then_what_they_take(folder: Path) -> None:
    async with driven(folder) as pilot:
        frame = pilot.app.screen
        assert isinstance(frame, Frame)
        assert {"devices", "run", "jobs", "quit"} <= set(verbs.words(frame))
        assert "simulate" not in verbs.words(frame)
        assert "reboot" in verbs.words(frame, "plan re")
        assert "@ap-roof-01" in verbs.words(frame, "run uptime @ap")
        assert {"pause", "3"} <= set(verbs.words(frame, "jobs "))
        await type_text(pilot, ":dev")
        await press(pilot, "tab")
        assert any(":devices" in line for line in shown(pilot.app))


async def test_the_history_of_the_line_comes_back(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, ":filter tag=roof")
        await press(pilot, "enter")
        await press(pilot, "colon", "up")
        assert any(":filter tag=roof" in line for line in shown(pilot.app))


async def test_the_palette_finds_by_letters_and_does_it(folder: Path) -> None:
    async with driven(folder) as pilot:
        await press(pilot, "ctrl+p")
        await type_text(pilot, "not well")
        await press(pilot, "enter")
        await settled(pilot)
        assert len(pilot.app.screen.table.order) == 5


async def test_every_command_of_the_console_that_is_offered_does_something(folder: Path) -> None:
    async with driven(folder) as pilot:
        frame = pilot.app.screen
        assert isinstance(frame, Frame)
        assert {one.name for one in verbs.offered(frame)} == set(verbs.VERBS)


async def test_a_line_that_comes_in_one_burst_is_typed_and_entered_in_its_order(
    folder: Path,
) -> None:
    async with driven(folder) as pilot:
        for letter in "jj:run uptime @ap-yard-*\r":
            key = "enter" if letter == "\r" else _character_to_key(letter)
            pilot.app.post_message(events.Key(key, letter))
        await until(pilot, lambda: "will change 6" in "\n".join(shown(pilot.app)))
        assert pilot.app.session.typed == ["run uptime @ap-yard-*"]  # type: ignore[attr-defined]


async def test_a_burst_into_a_filter_acts_on_nothing_and_closes_it_at_enter(folder: Path) -> None:
    async with driven(folder) as pilot:
        for letter in "/quit|roof\r":
            key = "enter" if letter == "\r" else _character_to_key(letter)
            pilot.app.post_message(events.Key(key, letter))
        await until(pilot, lambda: "/quit | roof" in "\n".join(shown(pilot.app)))
        await settled(pilot)
        assert not pilot.app.screen.query_one("#filter").display
        assert pilot.app.is_running
