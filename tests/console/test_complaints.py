"""What users of other consoles complain about, part 1: lists, keys, safety, colours, freezes.

Each test has the number of its complaint; the second part is in test_complaints_terminal.py.
"""

from __future__ import annotations

import base64
import socket
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from rich.style import Style
from textual.pilot import Pilot
from textual.widgets import Input

from owtui import keymap
from owtui.console import themes
from owtui.console.app import ConsoleApp
from owtui.console.screens.fleet import FleetScreen
from owtui.console.screens.plan import PlanScreen
from owtui.engine.inventory.desk import draft
from owtui.errors import BlockedError
from tests.console.driving import driven, press, settled, shown, type_text, until
from tests.rows import device
from tests.widgets.test_roles import contrast
from widgets.dialog import ConfirmDialog
from widgets.form import FormDialog
from widgets.glyphs import ASCII, UTF8
from widgets.planview import PlanView

STATES = ("ok", "problem", "critical", "unknown", "busy", "deactivated")


def fleet(pilot: Pilot[Any]) -> FleetScreen:
    return cast(FleetScreen, cast(ConsoleApp, pilot.app).go("fleet"))


def least_cpu_s(work: Callable[[], object], times: int = 7) -> float:
    """The CPU seconds of the quickest of several runs: others on the machine only add to it."""
    spent = []
    for _ in range(times):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return min(spent)


@pytest.mark.slow
async def test_01_five_thousand_devices_are_shown_and_walked_through_at_once(folder: Path) -> None:
    async with driven(folder, (120, 40)) as pilot:
        app = cast(ConsoleApp, pilot.app)
        assert app.bridge.engine is not None
        known = app.bridge.engine.fleet
        many = {one.id: one for one in (device(f"ap-{n:04}", status="ok") for n in range(5000))}
        known._rows = many
        screen = fleet(pilot)
        screen.refresh_rows()
        await settled(pilot)
        assert "5000 dev" in shown(app)[0]
        table = screen.table
        rows = [row for row in map(table.row, table.order) if row is not None]
        assert least_cpu_s(lambda: table.set_rows(rows)) < 0.2
        spent = []
        for _ in range(60):
            before = time.process_time()
            await pilot.press("j")
            spent.append(time.process_time() - before)
        assert statistics.median(spent) < 0.05, spent
        assert table.order.index(cast(str, table.cursor_key)) == 60


async def test_03_keys_can_be_remapped_and_clashes_are_told(folder: Path) -> None:
    async with driven(folder, keys={"list.mark": ["f12"], "list.sort": ["x"]}) as pilot:
        told = [one.message for one in pilot.app._notifications]
        assert any("x means list.sort and act.run_command at once." in one for one in told)
        pilot.app.clear_notifications()
        await press(pilot, "f12", "space")
        assert "1 marked" in shown(pilot.app)[-2]
        assert "F12 mark" in shown(pilot.app)[-1]
    assert {"tmux-safe", "no-letters"} <= keymap.PRESETS.keys()


async def test_04_nothing_is_destroyed_by_one_key_and_no_is_the_answer_of_enter(
    folder: Path,
) -> None:
    changing = [name for key in keymap.KEYS if key.changes for name in key.keys]
    assert not [name for name in changing if name.startswith("ctrl")]
    async with driven(folder) as pilot:
        await type_text(pilot, ":plan reboot @tag=yard")
        await press(pilot, "enter", "f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        text = "\n".join(shown(pilot.app))
        assert "will change 6" in text and "ap-yard-06" in text
        await press(pilot, "enter", "y", "enter")  # Enter shows the row's commands, then its line
        await press(pilot, "escape")
        jobs = await cast(ConsoleApp, pilot.app).bridge.call(lambda engine: engine.jobs.recent(9))
        assert [one["number"] for one in jobs] == [3, 2, 1]
        await press(pilot, "escape", "6", "X")
        assert isinstance(pilot.app.screen, ConfirmDialog)
        await press(pilot, "enter")
        assert pilot.app.session.jobs[0]["state"] == "running"  # type: ignore[attr-defined]


async def test_05_what_is_counted_is_what_is_acted_on_also_where_a_filter_hides_it(
    folder: Path,
) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, "/ap-yard")
        await press(pilot, "enter", "asterisk", "escape")
        await type_text(pilot, "/ap-hall-01")
        await press(pilot, "enter")
        assert "6 marked (6 hidden)" in shown(pilot.app)[-2]
        await type_text(pilot, ":run uptime")
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        text = "\n".join(shown(pilot.app))
        assert "will change 6" in text
        assert all(f"ap-yard-0{n}" in text for n in range(1, 7)) and "ap-hall-01" not in text


async def test_06_text_gets_out_by_osc_52_by_a_plain_view_and_without_the_mouse(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    sent: list[str] = []
    monkeypatch.setattr(ConsoleApp, "write_raw", lambda self, text: sent.append(text))
    async with driven(folder) as pilot:
        await press(pilot, "y", "a")
        assert base64.b64decode(sent[0].removeprefix("\x1b]52;c;").rstrip("\x07")) == b"10.8.7.26"
        await press(pilot, "percent_sign")
        pilot.app.clear_notifications()
        await settled(pilot)
        assert "mouse off" in shown(pilot.app)[-2]
        await press(pilot, "y", "v")
        assert shown(pilot.app)[0].strip() in ("{", "[")


PAGES: tuple[tuple[str, ...], ...] = (
    (),
    ("space", "space", "o"),
    ("escape", "a"),
    ("escape", "x"),
    ("escape", "escape", "enter"),
    ("6",),
    ("down", "enter"),
    ("question_mark",),
    ("escape", "ctrl+p"),
)


@pytest.mark.parametrize("theme", [one.name for one in themes.OWN])
async def test_07_everything_shown_is_readable_in_every_theme_of_ours(
    folder: Path, theme: str
) -> None:
    """WCAG 2: 4.5 for text, 3 for what is muted or a mere line.

    The two ansi themes are made of the terminal's own colours, which nobody can know from here.
    """
    assert set(themes.OFFERED) - {one.name for one in themes.OWN} == {"ansi-dark", "ansi-light"}
    poor: dict[str, float] = {}
    async with driven(folder, (120, 40), theme=theme) as pilot:
        assert pilot.app.theme == theme
        muted = pilot.app.theme_variables["text-muted"].lower()
        for keys in PAGES:
            await press(pilot, *keys)
            boxes = pilot.app.screen.query(".dialog--box")
            room = boxes.first().region if boxes else pilot.app.screen.region
            strips = pilot.app.screen._compositor.render_strips()
            for strip in strips[room.y : room.bottom]:  # what lies behind a question is dimmed
                for text, style, _ in strip.crop(room.x, room.right):
                    if text.strip() and style is not None and style.color and style.bgcolor:
                        ratio = contrast(style)
                        if ratio < _least(text, style, muted):
                            poor[f"{text.strip()} {style}"] = round(ratio, 2)
    assert poor == {}


def _least(text: str, style: Style, muted: str) -> float:
    is_text = any(letter.isalnum() for letter in text)
    color = style.color.get_truecolor().hex.lower() if style.color else ""
    return 4.5 if is_text and color != muted and not style.dim else 3.0


def test_07_every_state_has_a_sign_of_its_own() -> None:
    for glyphs in (UTF8, ASCII):
        assert len({glyphs.state(state) for state in STATES}) == len(STATES)


async def test_08_a_host_that_accepts_and_says_nothing_stops_nobody(folder: Path) -> None:
    """The unknown host key, the other half of the complaint, is in test_trusting.py."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        async with driven(folder, host_keys="ask", login_timeout_s=600.0) as pilot:
            app = cast(ConsoleApp, pilot.app)
            made = draft("mute", "127.0.0.1", port=silent.getsockname()[1])
            row = await app.bridge.call(lambda engine: engine.inventory.add(made))
            app.look_at([UUID(str(row.id))])
            silent.setblocking(False)
            met: list[socket.socket] = []
            await until(pilot, lambda: met or _accepted(silent, met))
            assert [one for one in app.workers if not one.is_finished]
            await pilot.press("6")
            await until(pilot, lambda: "Jobs" in shown(app)[0])
            await pilot.press("question_mark")
            await until(pilot, lambda: "Help" in shown(app)[0])
            assert [one for one in app.workers if not one.is_finished]
            met[0].close()


def _accepted(silent: socket.socket, met: list[socket.socket]) -> bool:
    try:
        met.append(silent.accept()[0])
    except BlockingIOError:
        return False
    return True


SIZES = ((80, 24), (60, 15))
ROOMS = {
    "fleet": (),
    "device": ("enter",),
    "facts": ("enter", "tab"),
    "history": ("enter", "shift+tab"),
    "jobs": ("6",),
    "job": ("6", "down", "enter"),
    "help": ("question_mark",),
    "palette": ("ctrl+p",),
    "actions": ("a",),
    "form": ("x",),
    "plan": ("x", *"uptime", "f5"),
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("room", ROOMS)
async def test_12_every_screen_fits_a_small_terminal(
    folder: Path, size: tuple[int, int], room: str
) -> None:
    async with driven(folder, size) as pilot:
        await press(pilot, *ROOMS[room])
        lines = shown(pilot.app)
        assert len(lines) == size[1] and all(len(line) <= size[0] for line in lines)
        assert "owtui" in lines[0] and lines[-1].strip(), "title and keys are in sight"
        assert sum(bool(line.strip()) for line in lines[1:-2]) >= 3, "\n".join(lines)
        assert not any("needs 60x15" in line for line in lines)


async def test_13_read_only_is_the_engine_s_word_and_the_screen_only_repeats_it(
    folder: Path,
) -> None:
    async with driven(folder) as pilot:
        app = cast(ConsoleApp, pilot.app)
        plan = await app.bridge.call(
            lambda engine: engine.plan("reboot", engine.select("ap-yard-01"), {})
        )
    async with driven(folder, read_only=True) as pilot:
        app = cast(ConsoleApp, pilot.app)
        assert " RO " in shown(app)[-2] and "actions" not in shown(app)[-1]
        with pytest.raises(BlockedError, match="read-only"):
            await app.bridge.call(
                lambda engine: engine.plan("reboot", engine.select("ap-yard-01"), {})
            )
        with pytest.raises(BlockedError, match="read-only"):
            await app.bridge.call(lambda engine: engine.jobs.submit(plan))


@pytest.mark.parametrize(
    "opening",
    [
        ("slash",),
        ("colon",),
        ("ctrl+p",),
        ("E",),
        ("x",),
        ("question_mark", "slash"),
        ("G", "x", *"uptime", "f5"),
    ],
    ids=["filter", "command", "palette", "export", "form", "search", "plan"],
)
async def test_14_what_is_typed_into_a_line_is_text_and_acts_on_nothing(
    folder: Path, opening: tuple[str, ...]
) -> None:
    async with driven(folder) as pilot:
        pilot.app.session.jobs = []  # type: ignore[attr-defined]  # nothing would hold q back
        await press(pilot, *opening)
        screen, line = pilot.app.screen, pilot.app.focused
        assert isinstance(line, Input)
        await press(pilot, *"quitaXFE!*")
        assert line.value.endswith("quitaXFE!*")
        assert pilot.app.is_running and pilot.app.screen is screen and pilot.app.focused is line
        assert not fleet_marks(pilot)


def fleet_marks(pilot: Pilot[Any]) -> frozenset[str]:
    root = next(one for one in pilot.app.screen_stack if isinstance(one, FleetScreen))
    return root.table.marks


async def test_14_enter_ends_a_line_and_does_nothing_more(folder: Path) -> None:
    async with driven(folder) as pilot:
        await type_text(pilot, "/ap-yard-01")
        await press(pilot, "enter")
        assert isinstance(pilot.app.screen, FleetScreen), "Enter went on and opened the device"
        await press(pilot, "x", *"uptime", "enter")
        assert isinstance(pilot.app.screen, FormDialog), "Enter goes to the next field"
        await press(pilot, "f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, PlanScreen))
        assert pilot.app.screen.query_one(PlanView)
