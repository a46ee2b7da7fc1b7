"""What the whole console writes to a real terminal of 120x40, and what it costs while it does.

A real engine polls 500 devices, every 15 s, wherever polls are not off; see live.py.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

import pytest

from tests.console import live
from tests.console.counting import SIXTEEN, TRUECOLOUR, Console
from tests.widgets.ptydrive import Terminal

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pty")]

PAGE_DOWN, F5, ESCAPE = b"\x1b[6~", b"\x1b[15~", b"\x1b"
SECOND_AT_115200 = 11_520  # bytes: eight bits and two around them
MOVE_AT_9600 = 384  # bytes in 0.4 s
MOVES = 6
ROUNDS = 6  # what else the machine does comes and goes: the best of these counts

USUAL = "truecolour"
SLOW = ["low bandwidth", "low bandwidth, 16 colours"]


@pytest.fixture(scope="module")
def sown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 500 devices, to be copied; those in sight have a full day behind them."""
    folder = tmp_path_factory.mktemp("sown")
    live.sow(folder, 500)
    live.sow_days(folder, 20)
    return folder


@pytest.fixture(scope="module")
def console(
    request: pytest.FixtureRequest, sown: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    """A console of this kind on a polled fleet of its own; one at a time."""
    folder = tmp_path_factory.mktemp("live")
    shutil.copytree(sown, folder, dirs_exist_ok=True)
    terminal = SIXTEEN if "16" in request.param else TRUECOLOUR
    slowly = "false" if request.param == USUAL else "true"
    chosen = ("facts_every_s=15", f"low_bandwidth={slowly}")
    with Console(folder, *chosen, **terminal) as console:
        yield console


usual = pytest.mark.parametrize("console", [USUAL], indirect=True)
slow_link = pytest.mark.parametrize("console", SLOW, indirect=True)


def moved(console: Console) -> list[int]:
    """The bytes of some moves of the cursor alone: what is polled meanwhile is shown later."""
    with console.frozen(b"j"):
        return [console.act(b"j") for _ in range(MOVES)]


@usual
def test_a_polled_fleet_costs_less_than_4_kilobytes_a_second(console: Console) -> None:
    assert 0 < console.during(4.0) / 4.0 < 4_000


@usual
def test_a_cursor_move_and_its_preview_cost_less_than_1000_bytes(console: Console) -> None:
    """550 for the row and the facts, 300 for the three lines of the day of its device."""
    moves = moved(console)
    assert "Address" in console.screen.text
    # Of a busy machine the lines come late, and count for the next move.
    assert all(moves) and sum(moves) < 1_000 * MOVES, moves


@usual
def test_nothing_is_written_while_paused_and_what_moved_meanwhile_afterwards(
    console: Console,
) -> None:
    with console.frozen():
        assert console.during(3.0) == 0
    assert console.thawing > 0
    assert "FROZEN" not in console.screen.text


@slow_link
def test_on_a_slow_link_a_cursor_move_takes_two_fifths_of_a_second_at_9600(
    console: Console,
) -> None:
    moves = moved(console)
    assert all(moves) and sum(moves) <= MOVE_AT_9600 * MOVES, moves


@slow_link
def test_on_a_slow_link_everything_takes_a_second_at_115200(console: Console) -> None:
    taken = {
        "page": console.act(PAGE_DOWN),
        "filter line": console.act(b"/"),
        "filter": console.act(b"tag=roof", "tag=roof"),
        "filtered": console.act(b"\r"),
        "device": console.act(b"\r", "INTERFACES"),
        "back": console.act(ESCAPE, "AGE"),
        "all again": console.act(ESCAPE),
        "form": console.act(b"x", "F5 shows the plan"),
        "command": console.act(b"uptime", "uptime"),
        "plan": console.act(F5, "will change 1"),
        "fleet": console.act(ESCAPE, "AGE"),
    }
    assert all(0 < count <= SECOND_AT_115200 for count in taken.values()), taken


@slow_link
def test_on_a_slow_link_a_polled_fleet_needs_a_tenth_of_115200(console: Console) -> None:
    # A page of it moves in seconds: each device is polled every 15 s.
    assert 0 < console.during(12.0) / 12.0 <= 1_200


def test_a_console_at_rest_writes_little_and_leaves_the_core_alone(tmp_path: Path) -> None:
    """200 devices of which nothing moves but their ages, all threads of the process together."""
    live.sow(tmp_path, 200)
    told = []
    with Console(tmp_path, "facts_every_s=0") as console:
        console.during(2.0)  # the engine has just started
        for _ in range(ROUNDS):
            share, count = console.share(10.0)
            told.append((share, count))
            assert count / 10.0 < 100, told
            if share < 0.02:
                return
    pytest.fail(f"never at rest: {told}")


def test_a_key_is_answered_at_once_while_1000_devices_are_polled_a_minute(
    tmp_path: Path,
) -> None:
    """Where the machine is too busy for that, a bare table beside it tells how busy it is."""
    live.sow(tmp_path, 1_000)
    bare = Terminal("rowtable", "5000", columns=120, lines=40)
    told = []
    with Console(tmp_path, "facts_every_s=60") as console, bare:
        for _ in range(ROUNDS):
            ours, theirs = answered_s(console), answered_s(bare)
            told.append((ours, theirs))
            if ours < max(0.05, 2 * theirs):
                return
    pytest.fail(f"95 of 100 keys within, and of the bare table's: {told}")


def answered_s(terminal: Terminal) -> float:
    """The seconds within which 95 of 100 keys are answered."""
    return quantiles((terminal.latency(b"j") for _ in range(200)), n=20)[-1]
