"""The one-line widgets: what fits by priority, and that equal text is not painted again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.widgets.screen import Bench, Repaints, text_of
from widgets.crumbs import Crumbs
from widgets.footerkeys import FooterKeys, Hint
from widgets.glyphs import ASCII, UTF8
from widgets.oneline import Piece, fit_pieces
from widgets.plaintext import width_of
from widgets.progress import ProgressLine, progress_spans
from widgets.sparkline import Sparkline
from widgets.statusline import StatusLine

PIECE = st.builds(
    Piece,
    key=st.text("ab"),
    text=st.text(max_size=12),
    priority=st.integers(0, 5),
    short=st.text(max_size=3),
)


@given(st.lists(PIECE, max_size=8), st.integers(0, 60), st.integers(0, 3))
def test_what_is_kept_fits_and_matters_most(pieces: list[Piece], room: int, gap: int) -> None:
    kept = fit_pieces(pieces, room, gap)
    assert sum(width_of(p.text) + gap for p in kept) - gap <= max(room, 0) or not kept
    gone = len([p for p in pieces if p.text]) - len(kept)
    if gone and kept:
        lowest = sorted(p.priority for p in pieces if p.text)[:gone]
        assert min(p.priority for p in kept) >= lowest[-1]


def test_a_piece_is_shortened_before_another_goes() -> None:
    pieces = [Piece("a", "fleet"), Piece("b", "saved 3s ago: safe to leave", "", 1, short="safe")]
    assert [one.text for one in fit_pieces(pieces, 40, 3)] == ["fleet", pieces[1].text]
    assert [one.text for one in fit_pieces(pieces, 12, 3)] == ["fleet", "safe"]
    assert [one.text for one in fit_pieces(pieces, 11, 3)] == ["safe"]


STATUS = [
    Piece("fleet", "lab", "strong", 90),
    Piece("age", "age 4s", "", 50),
    Piece("mode", "RO", "problem", 80),
]


async def test_the_status_line_drops_the_least_important_first() -> None:
    app = Bench(StatusLine(STATUS, glyphs=ASCII))
    async with app.run_test(size=(40, 3)) as pilot:
        assert text_of(app)[0] == " lab | age 4s | RO"
        await pilot.resize_terminal(12, 3)
        await pilot.pause()
        assert text_of(app)[0] == " lab | RO"


async def test_the_status_line_repaints_only_the_piece_that_reads_differently() -> None:
    status = StatusLine(STATUS)
    app = Bench(status)
    async with app.run_test(size=(40, 3)):
        repaints = Repaints(status)
        status.update_pieces(list(STATUS))
        assert repaints.take() == []
        status.update_piece(Piece("age", "age 5s", "", 50))
        (region,) = repaints.take()
        assert (region.x, region.width) == (7, 6)
        status.update_piece(Piece("age", "", "", 50))
        assert text_of(app)[0] == " lab │ RO"


async def test_the_footer_keeps_what_matters_at_its_width_and_tells_clicks() -> None:
    heard: list[str] = []

    class Footed(Bench):
        def on_footer_keys_pressed(self, event: FooterKeys.Pressed) -> None:
            heard.append(event.action)

    footer = FooterKeys([Hint("help", "?", "help", 9), Hint("menu", "a", "actions", 1)])
    app = Footed(footer)
    async with app.run_test(size=(30, 2)) as pilot:
        assert text_of(app)[0] == " ?help a actions"
        await pilot.click(FooterKeys, offset=(8, 0))
        assert heard == ["menu"]
        await pilot.resize_terminal(12, 2)
        await pilot.pause()
        assert text_of(app)[0] == " ?help"


async def test_crumbs_show_the_way_left_and_the_counts_right() -> None:
    crumbs = Crumbs("owtui", ("lab", "Fleet"), counts=[Piece("all", "128 dev")], glyphs=ASCII)
    app = Bench(crumbs)
    async with app.run_test(size=(60, 2)) as pilot:
        line = text_of(app)[0]
        assert line.startswith(" owtui  lab > Fleet")
        assert line.endswith("128 dev")
        assert len(line) == 59
        crumbs.update_path(("lab", "Fleet", "a-device-with-quite-a-long-name" * 2))
        crumbs.update_counts([Piece("all", "9 dev")])
        await pilot.pause()
        assert text_of(app)[0].endswith("9 dev")
        assert "~" in text_of(app)[0]


@given(st.integers(0, 50), st.integers(0, 40), st.integers(20, 120))
def test_a_progress_line_is_as_wide_as_its_room(done: int, total: int, width: int) -> None:
    pieces = [Piece("ok", f"ok {done}", "ok", 1), Piece("fail", "fail 1", "critical", 2)]
    drawn = "".join(text for text, _ in progress_spans(done, total, pieces, width, UTF8))
    assert width_of(drawn) == width - 1
    assert f"{done}/{total}" in drawn


async def test_progress_is_repainted_only_when_it_moves() -> None:
    line = ProgressLine(1, 4, glyphs=ASCII)
    app = Bench(line)
    async with app.run_test(size=(24, 2)):
        repaints = Repaints(line)
        line.update_progress(1, 4)
        assert repaints.take() == []
        line.update_progress(2, 4)
        assert repaints.take()
        assert text_of(app)[0] == " ########.........  2/4"


async def test_a_sparkline_shows_lost_samples() -> None:
    line = Sparkline("rx", [0, 1, None, 2], "2 Mbit/s", label_width=4)
    app = Bench(line)
    async with app.run_test(size=(30, 2)):
        assert text_of(app)[0].endswith("▁▅×█  2 Mbit/s")
        line.update_values([1, 1], "1 Mbit/s")
        assert text_of(app)[0].endswith("  1 Mbit/s")
    line = Sparkline("rx", [0, 1], "9 %", label_width=4, text_width=6)
    app = Bench(line)
    async with app.run_test(size=(30, 2)):
        drawn = text_of(app)[0]
        line.update_values([0, 1], "99.9 %")
        assert drawn.index("▁█  9 %") == text_of(app)[0].index("▁█  99.9 %") == 30 - 2 - 2 - 6
