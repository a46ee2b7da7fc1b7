"""The line one types into: what is pasted into it commands no terminal."""

from __future__ import annotations

from textual import events

from tests.widgets.screen import Bench, text_of
from widgets.textline import TextLine


async def test_what_is_pasted_is_drawn_without_what_a_terminal_would_obey() -> None:
    line = TextLine()
    async with Bench(line).run_test(size=(40, 3)) as pilot:
        line.focus()
        line.post_message(events.Paste("a\x1b[2Jb\u202ec\td"))
        await pilot.pause()
        assert text_of(pilot.app)[0] == "a?[2Jb?c d"
        assert line.value == "a\x1b[2Jb\u202ec\td"
