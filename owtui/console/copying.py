"""Getting text out of any screen: the terminal's clipboard, or a plain view to select from.

A screen says what there is to copy; menu, clipboard and plain view are the same for all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from owtui.console import clipboard
from owtui.console.frame import Frame
from widgets.dialog import Choice, ChoiceDialog

PLAIN = "v"


@dataclass(frozen=True, slots=True)
class Copy:
    """Something to copy: its letter, its words, and the text when it is wanted."""

    letter: str
    label: str
    text: Callable[[], str]
    note: str = ""


class Copying(Frame):
    """A screen that something can be copied from."""

    def copies(self) -> Sequence[Copy]:
        """What there is to copy now; the last is also what the plain view shows."""
        raise NotImplementedError

    def copy_title(self) -> str:
        """Over the menu."""
        return "Copy"

    def action_list_copy(self) -> None:
        """Choose what to copy."""
        copies = {one.letter: one for one in self.copies()}
        if not copies:
            return
        choices = [Choice(one.letter, one.label, one.note) for one in copies.values()]
        choices.append(Choice(PLAIN, "Plain view", "to select with the mouse or the terminal"))
        dialog = ChoiceDialog(self.copy_title(), choices, glyphs=self.session.glyphs)

        def chosen(letter: str | None) -> None:
            if letter == PLAIN:
                self.show_plain([*copies.values()][-1].text())
            elif letter is not None:
                self.copy(copies[letter].text())

        self.app.push_screen(dialog, chosen)

    def copy(self, text: str) -> None:
        """Send it to the terminal's clipboard; where it is too long for one, show it plain."""
        sent = clipboard.sequence(text, os.environ)
        names = self.session.keys.names
        if sent is None:
            export = names("list.export")
            file = f" {export} writes a file." if export else ""
            self.notify(f"Too long for a terminal's clipboard: shown plain.{file}", timeout=3)
            self.show_plain(text)
            return
        self.console.keep_copied(text, sent)
        again = f"{names('list.copy')}, then {PLAIN}".removeprefix(", ")
        self.notify(f"Sent to the terminal's clipboard (OSC 52). Nothing there? {again}.")

    def show_plain(self, text: str) -> None:
        """Show it with nothing beside it, and the mouse left to the terminal."""
        from owtui.console.screens.plain import PlainScreen

        self.app.push_screen(PlainScreen(self.session, text))
