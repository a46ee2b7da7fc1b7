"""The plan: nothing starts unless what was asked for is typed in full."""

from __future__ import annotations

from dataclasses import replace

from tests.widgets.screen import Bench, text_of
from widgets.planview import Confirm, PlanRow, PlanView

ROWS = [
    PlanRow("1", "ap-01", "change", "+2 -1", "cpu 91%"),
    PlanRow("2", "ap-02", "same", "runs this already"),
    PlanRow("3", "ap-03", "blocked", "unreachable"),
]


class Heard(Bench):
    """Keeps what the plan tells."""

    def __init__(self, view: PlanView) -> None:
        super().__init__(view)
        self.view = view
        self.heard: list[str] = []

    def on_plan_view_confirmed(self, event: PlanView.Confirmed) -> None:
        assert event.control is self.view
        self.heard.append("confirmed")

    def on_plan_view_cancelled(self) -> None:
        self.heard.append("cancelled")

    def on_plan_view_row_opened(self, event: PlanView.RowOpened) -> None:
        self.heard.append(event.key)


def plan(expected: str | None = "lab") -> Heard:
    question = "Type the fleet's name to start:" if expected else "Nothing to change."
    return Heard(PlanView(["PLAN  reboot 3 devices"], ROWS, Confirm(question, expected)))


async def test_verdicts_are_told_in_words_with_the_blocked_ones_first() -> None:
    app = plan()
    async with app.run_test(size=(80, 12)):
        lines = text_of(app)
        assert lines[0].strip() == "PLAN  reboot 3 devices"
        assert lines[2].split()[1:] == ["✖", "ap-03", "BLOCKED", "unreachable"]
        assert lines[3].split() == ["▲", "ap-01", "change", "+2", "-1", "!", "cpu", "91%"]
        assert lines[-1].strip().startswith("Type the fleet's name to start:")


async def test_only_the_expected_text_confirms() -> None:
    app = plan()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press(*"la", "enter")
        assert app.heard == []
        assert "That is not lab; nothing was started." in text_of(app)[-2]
        assert "Enter starts it" not in text_of(app)[-1]
        await pilot.press("b")
        assert "nothing was started" not in text_of(app)[-2]
        assert text_of(app)[-1].endswith("Enter starts it")
        await pilot.press("enter")
        assert app.heard == ["confirmed"]


async def test_typing_quit_triggers_nothing() -> None:
    app = plan()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press(*"quit")
        assert app.leaked == []


async def test_enter_on_an_empty_line_opens_the_row_and_never_confirms() -> None:
    app = plan()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press("enter", "down", "enter")
        assert app.heard == ["3", "1"]


async def test_escape_cancels() -> None:
    app = plan()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press("l", "escape")
        assert app.heard == ["cancelled"]


async def test_a_plan_with_nothing_to_do_cannot_be_confirmed() -> None:
    app = plan(None)
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press("enter")
        assert app.heard == ["3"]
        assert text_of(app)[-1].strip().startswith("Nothing to change.")


async def test_another_question_forgets_what_was_typed() -> None:
    app = plan()
    async with app.run_test(size=(80, 12)) as pilot:
        await pilot.press(*"la")
        app.view.update_plan(["PLAN"], ROWS[:1], Confirm("Type y to start:", "y"))
        await pilot.press("b", "enter")
        assert app.heard == []


async def test_the_column_of_notes_is_there_only_when_there_is_one() -> None:
    quiet = [replace(row, warning="") for row in ROWS]
    app = plan()
    async with app.run_test(size=(80, 12)) as pilot:
        assert "NOTE" in "\n".join(text_of(app))
        app.view.update_plan(["PLAN"], quiet, Confirm("Start:", "lab"))
        await pilot.pause()
        assert "NOTE" not in "\n".join(text_of(app))
        assert text_of(app)[2].split()[1:] == ["✖", "ap-03", "BLOCKED", "unreachable"]
        app.view.update_plan(["PLAN"], ROWS, Confirm("Start:", "lab"))
        await pilot.pause()
        assert "NOTE" in "\n".join(text_of(app))
