"""A terminal that is told only what differs shows what one shows that is told everything."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.emulator import Screen
from widgets.frugal import Frugal, blank, turn

STYLES = (
    "",
    "1",
    "1;31",
    "7",
    "4;38;2;1;2;3",
    "38;2;1;2;3;48;2;4;5;6",
    "38;5;7;48;2;4;5;6",
    "1;38;2;9;9;9;48;2;4;5;6",
    "97;40",
    "39;49",
    "1;2",
    "2;4;38;2;1;2;3",
)
WORDS = st.text(st.sampled_from("ab ▲é日"), min_size=1, max_size=6)
RUN = st.tuples(WORDS, st.sampled_from(STYLES))
LINE = st.tuples(st.integers(0, 2), st.integers(0, 8), st.lists(RUN, min_size=1, max_size=4))
MODE = st.sampled_from(["\x1b[?25l", "\x1b]52;c;YWI=\x07", "\x1b[2J"])


def painted(lines: list[tuple[int, int, list[tuple[str, str]]]]) -> str:
    """Lines as Textual writes them."""
    text = ""
    for y, x, runs in lines:
        text += f"\x1b[{y + 1};{x + 1}H"
        text += "".join(f"\x1b[{style}m{word}\x1b[0m" if style else word for word, style in runs)
        text += "\n"
    return text + "\x1b[1;1H"


@given(st.lists(st.one_of(st.lists(LINE, min_size=1, max_size=4).map(painted), MODE), max_size=8))
def test_what_is_left_out_was_there_already(written: list[str]) -> None:
    frugal, told, all_told = Frugal(), Screen(), Screen()
    for text in written:
        told.feed(frugal.feed(text).encode())
        all_told.feed(text.encode())
        assert told.seen() == all_told.seen()
        assert told.place == all_told.place
        assert told.look == all_told.look


def test_the_same_frame_again_is_nothing_not_even_its_brackets() -> None:
    frugal = Frugal()
    frame = ["\x1b[?2026h", painted([(0, 0, [("ap-1 ok", "31")])]), "\x1b[?2026l"]
    first = "".join(map(frugal.feed, frame))
    assert first.startswith("\x1b[?2026h")
    assert first.endswith("\x1b[?2026l")
    assert "".join(map(frugal.feed, frame)) == ""
    frugal.forget()
    assert "ap-1 ok" in "".join(map(frugal.feed, frame))


def test_one_other_cell_is_one_move_one_colour_and_the_cell() -> None:
    frugal = Frugal()
    style = "38;2;1;2;3;48;2;4;5;6"
    frugal.feed(painted([(4, 0, [("name     10%", style)])]))
    assert frugal.feed(painted([(4, 0, [("name     17%", style)])])) == (
        f"\x1b[5;11H\x1b[{style}m7\x1b[0m\x1b[1;1H"
    )


def test_a_terminal_that_was_written_to_by_others_is_believed_nothing() -> None:
    frugal = Frugal()
    frame = painted([(0, 0, [("ap-1", "")])])
    frugal.feed(frame)
    assert frugal.feed("\x1b[?1049h") == "\x1b[?1049h"
    assert "ap-1" in frugal.feed(frame)


def test_styles_turn_into_each_other_by_what_differs() -> None:
    assert turn("38;2;1;1;1;48;2;4;5;6", "38;2;9;9;9;48;2;4;5;6") == "\x1b[38;2;9;9;9m"
    assert turn("31;40", "1;31;40") == "\x1b[1m"
    assert turn("1;38;2;1;1;1", "38;2;1;1;1") == "\x1b[22m"
    assert turn("1;2;38;5;11", "2;38;5;11") == "\x1b[22;2m"
    assert turn("1;31;40", "40") == "\x1b[0;40m"
    assert turn("31;40", "40") == "\x1b[39m"
    assert blank("1;31;40") == "40"
    assert blank("4;31") == "4;31"
