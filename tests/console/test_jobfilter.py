"""Jobs are filtered and sorted as devices are: line, keys, back and forward, the next session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from owtui.console.presenters import jobfilter
from owtui.console.presenters.help import lines as help_lines
from owtui.engine.jobs.state import JobState
from owtui.errors import InputError
from tests.console.driving import driven, press, settled, shown, type_text, until
from widgets.glyphs import UTF8


def job(number: int, action: str, state: str, who: str = "eva", failed: int = 0) -> dict[str, Any]:
    return {
        "number": number,
        "title": f"{action} on 3 devices",
        "action": action,
        "state": state,
        "operator": who,
        "devices": 3,
        "ok": 3 - failed,
        "failed": failed,
        "skipped": 0,
    }


JOBS = [
    job(1, "reboot", "success"),
    job(2, "run_command", "failed", "Otto", failed=2),
    job(3, "reboot", "running"),
    job(13, "set_tags", "cancelled", "otto"),
]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [1, 2, 3, 13]),
        ("state=failed", [2]),
        ("state=failed,cancelled", [2, 13]),
        ("action=re*", [1, 3]),
        ("REBOOT running", [3]),
        ("who=OTTO", [2, 13]),
        ("!who=otto !running", [1]),
        ("failed>0", [2]),
        ("job>=3 ok=3", [3, 13]),
        ("job=1?", [13]),
        ("title=*tags*", [13]),
        (jobfilter.FAULTS, [2, 13]),
        ("nothing", []),
    ],
)
def test_a_filter_lets_through(text: str, numbers: list[int]) -> None:
    found = jobfilter.parse(text)
    assert [one["number"] for one in found.choose(JOBS)] == numbers
    assert jobfilter.parse(found.text).text == found.text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("stat=failed", "Jobs have no “stat”. Did you mean state?"),
        ("failed>x", "failed> needs a number. Write failed>0."),
        ("who>1", "who is no number. Write who=…"),
        ("!", "Nothing stands behind the “!”. Write !state=success."),
    ],
)
def test_a_mistake_is_told(text: str, told: str) -> None:
    with pytest.raises(InputError) as error:
        jobfilter.parse(text)
    assert f"{error.value.sentence} {error.value.hint}" == told


def test_keys_and_values_complete() -> None:
    assert jobfilter.completions("reboot st", JOBS) == ["state="]
    assert "state=failed" in jobfilter.completions("state=f", JOBS)
    assert "!state=failed,success" in jobfilter.completions("!state=failed,s", JOBS)
    assert jobfilter.completions("who=", JOBS) == ["who=eva", "who=Otto", "who=otto"]
    assert jobfilter.completions("failed=", JOBS) == []
    assert tuple(JobState) == jobfilter.STATES


def test_the_help_of_jobs_tells_their_filter() -> None:
    told = help_lines(("app", "list", "jobs"), (), (), {}, (), {}, UTF8)
    of_jobs = [line.text for line in told if line.section == "Filter of jobs (/)"]
    assert any("state=failed" in text for text in of_jobs)


def numbers(pilot: Pilot[Any]) -> list[str]:
    table = pilot.app.screen.table
    return [table.row(key).text(1) for key in table.order]


async def jobs(pilot: Pilot[Any]) -> None:
    await press(pilot, "6")
    await until(pilot, lambda: pilot.app.screen.table.total == 3)
    await settled(pilot)


async def test_the_line_filters_while_it_is_typed_and_escape_shows_all(folder: Path) -> None:
    async with driven(folder) as pilot:
        await jobs(pilot)
        line = pilot.app.screen.query_one("#filter")
        assert not line.display
        await type_text(pilot, "/action=reboot")
        await until(pilot, lambda: numbers(pilot) == ["3"])
        await press(pilot, "enter")
        assert "/action=reboot" in shown(pilot.app)[0] and not line.display
        await press(pilot, "escape")
        assert numbers(pilot) == ["3", "2", "1"]
        await type_text(pilot, "/stat=x")
        await until(pilot, lambda: any("Jobs have no “stat”" in line for line in shown(pilot.app)))


async def test_faults_command_and_history(folder: Path) -> None:
    async with driven(folder) as pilot:
        await jobs(pilot)
        await press(pilot, "F")
        assert numbers(pilot) == ["2"]
        await press(pilot, "F")
        await type_text(pilot, ":filter set_tags")
        await press(pilot, "enter")
        assert numbers(pilot) == ["1"] and "Jobs" in shown(pilot.app)[0]
        await press(pilot, "left_square_bracket")
        await until(pilot, lambda: numbers(pilot) == ["3", "2", "1"])
        await press(pilot, "right_square_bracket")
        await until(pilot, lambda: numbers(pilot) == ["1"])


async def test_nothing_that_matches_is_told_with_the_way_out(folder: Path) -> None:
    async with driven(folder) as pilot:
        await jobs(pilot)
        await type_text(pilot, "/zzz")
        await press(pilot, "enter")
        assert any("No job matches the filter. Esc shows all again." in s for s in shown(pilot.app))


async def test_the_menu_sorts_and_brings_back_the_order_they_come_in(folder: Path) -> None:
    async with driven(folder) as pilot:
        await jobs(pilot)
        await press(pilot, "o")
        assert any("as they come" in line for line in shown(pilot.app))
        await press(pilot, "1")
        assert numbers(pilot) == ["1", "2", "3"]
        assert "sort number" in shown(pilot.app)[-2]
        await press(pilot, "o", "0")
        assert numbers(pilot) == ["3", "2", "1"]


async def test_filter_and_order_are_there_the_next_time(folder: Path) -> None:
    async with driven(folder) as pilot:
        await jobs(pilot)
        await press(pilot, "o", "1")
        await type_text(pilot, "/!reboot")
        await press(pilot, "enter")
        pilot.app.exit()
    async with driven(folder) as pilot:
        await until(pilot, lambda: pilot.app.screen.title_text == "Jobs")
        await until(pilot, lambda: numbers(pilot) == ["1", "2"])
        assert "/!reboot" in shown(pilot.app)[0]
