"""What people say of alerts: acknowledge, silence for a while, keep a note; of one or of the marks.

It changes what we remember alone, never a device; in read-only mode the keys are not there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from owtui.console.frame import Frame
from owtui.units import parse_age
from widgets.dialog import Choice, ChoiceDialog, ConfirmDialog
from widgets.form import PromptDialog

if TYPE_CHECKING:
    from owtui.engine.monitoring.alerts.desk import Alerts
    from owtui.engine.monitoring.alerts.entries import AlertRow

_PERIODS = {
    "1": ("1 hour", timedelta(hours=1)),
    "4": ("4 hours", timedelta(hours=4)),
    "d": ("1 day", timedelta(days=1)),
}
_UNTIL, _AGAIN = "u", "a"
_FORM = "90m, 4h, 2d, or a time like 2026-11-28 07:00."


class Alerting(Frame):
    """Mixed into screens with alerts; `chosen` says which."""

    def chosen(self) -> list[AlertRow]:
        """The marked ones, else the one under the cursor."""
        raise NotImplementedError

    def action_alert_ack(self) -> None:
        """Say that somebody looks after them; where somebody does, take that back."""
        found = self.chosen()
        if not found:
            return
        ids = [one.id for one in found]
        if all(one.acked_at for one in found):
            dialog = ConfirmDialog(
                f"Take back that somebody looks after {_what(found)}?",
                text="People are told of what they were not told of.",
                glyphs=self.session.glyphs,
            )
            self.app.push_screen(
                dialog, lambda yes: self._say(lambda desk: desk.unack(ids)) if yes else None
            )
            return

        def noted(note: str | None) -> None:
            if note is not None:
                self._say(lambda desk: desk.ack(ids, note))

        self._prompt(
            f"Acknowledge {_what(found)}",
            "You look after it: nobody is told of it any more. A note may stay empty.",
            noted,
        )

    def action_alert_note(self) -> None:
        """Keep a note with them."""
        found = self.chosen()
        ids = [one.id for one in found]

        def noted(note: str | None) -> None:
            if note is not None:
                self._say(lambda desk: desk.note(ids, note))

        if found:
            text = "It takes the place of the note before; the timeline keeps all."
            note = found[0].note if len(found) == 1 else ""
            self._prompt(f"Note with {_what(found)}", text, noted, note)

    def action_alert_silence(self) -> None:
        """Choose for how long nobody is told of them."""
        found = self.chosen()
        if not found:
            return
        choices = [Choice(letter, words) for letter, (words, _) in _PERIODS.items()]
        choices.append(Choice(_UNTIL, "Until…", "a time, or for how long"))
        if any(one.silenced_until for one in found):
            choices.append(Choice(_AGAIN, "Tell of it again", "now"))
        dialog = ChoiceDialog(f"Silence {_what(found)}", choices, glyphs=self.session.glyphs)
        ids = [one.id for one in found]

        def chosen(letter: str | None) -> None:
            if letter in _PERIODS:
                self._say(lambda desk: desk.silence(ids, _PERIODS[letter][1]))
            elif letter == _AGAIN:
                self._say(lambda desk: desk.unsilence(ids))
            elif letter == _UNTIL:
                self._ask_until(found)

        self.app.push_screen(dialog, chosen)

    def _ask_until(self, found: list[AlertRow]) -> None:
        ids = [one.id for one in found]
        now = self.session.now()

        def wrong(text: str) -> str:
            end = _end(text, now)
            if end is None:
                return f"That is no time. For example: {_FORM}"
            return "" if end > now else "That time is over."

        def typed(text: str | None) -> None:
            end = _end(text, now) if text else None
            if end is not None:
                self._say(lambda desk: desk.silence(ids, end))

        dialog = PromptDialog(
            f"Silence {_what(found)}",
            "Until",
            text=_FORM,
            validate=wrong,
            keys=self.session.keys.form(),
            glyphs=self.session.glyphs,
        )
        self.app.push_screen(dialog, typed)

    def _prompt(
        self, title: str, text: str, done: Callable[[str | None], None], value: str = ""
    ) -> None:
        keys, glyphs = self.session.keys.form(), self.session.glyphs
        dialog = PromptDialog(title, "Note", value, text=text, keys=keys, glyphs=glyphs)
        self.app.push_screen(dialog, done)

    def _say(self, act: Callable[[Alerts], Awaitable[object]]) -> None:
        async def say() -> None:
            await self.session.bridge.call(lambda engine: act(engine.alerts))

        self.ask(say, "alert")


def _what(found: list[AlertRow]) -> str:
    one = found[0]
    return f"{one.device} {one.kind}".strip() if len(found) == 1 else f"{len(found)} alerts"


def _end(text: str, now: datetime) -> datetime | None:
    """The time that somebody typed, local where it names no zone; None where it is none."""
    seconds = parse_age(text)
    if seconds:
        return now + timedelta(seconds=seconds)
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except ValueError:
        return None
