"""A form over the screen: labelled inputs, one line for what is wrong, F5 or ctrl+s to save.

    FormDialog(title, fields, *, text, validate)   -> {key: text} as saved, or None
        again, wrong: what was typed before, and why the form is back
    PromptDialog(title, label, value, ...)         -> the text, or None

Text has the focus, so no letter does anything here; Esc asks once when something was changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Generic

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Static

from widgets.dialog import BoxScreen, Result
from widgets.glyphs import UTF8, Glyphs
from widgets.plaintext import clean, width_of
from widgets.textline import TextLine

_MOST_LINES = 16  # of fields at once

Validate = Callable[[Mapping[str, str]], Mapping[str, str]]
"""Takes the values by field, gives what is wrong by field; empty when all is right."""


@dataclass(frozen=True, slots=True)
class Field:
    """One input: its key, its label, what it holds at first; a secret is masked."""

    key: str
    label: str
    value: str = ""
    secret: bool = False
    placeholder: str = ""


@dataclass(frozen=True, slots=True)
class FormKeys:
    """Which keys save and cancel, and how a person reads them."""

    save: tuple[str, ...] = ("f5", "ctrl+s")
    cancel: tuple[str, ...] = ("escape",)
    save_shown: str = "F5"
    cancel_shown: str = "Esc"

    def words(self, saves: str, between: str = "") -> str:
        """The line under a form; Enter on the last field saves, too."""
        parts = (f"{self.save_shown} {saves}" if self.save_shown else "", between)
        return "   ".join(filter(None, (*parts, f"{self.cancel_shown} cancel")))


class FormScreen(BoxScreen[Result], Generic[Result]):
    """Inputs in a box; `saved` says what the values mean as a result."""

    DEFAULT_CSS = """
    FormScreen > .dialog--box { width: 72; }
    FormScreen .dialog--told, FormScreen .dialog--text { width: 1fr; max-width: 100%; }
    FormScreen .form--fields { height: auto; max-height: 16; scrollbar-size-vertical: 1; }
    FormScreen .form--fields > Horizontal { height: 1; }
    FormScreen .form--label { color: $text-muted; }
    FormScreen Input { width: 1fr; padding: 0 1; background: $surface; }
    FormScreen Input:focus { text-style: underline; }
    FormScreen .form--error { height: auto; min-height: 1; color: $text-error; }
    FormScreen .form--keys { color: $text-muted; }
    """

    def __init__(
        self,
        title: str,
        fields: Sequence[Field],
        *,
        text: str = "",
        validate: Validate | None = None,
        saves: str = "save",
        keys: FormKeys = FormKeys(),
        again: Mapping[str, str] = MappingProxyType({}),
        wrong: Mapping[str, str] = MappingProxyType({}),
        glyphs: Glyphs = UTF8,
    ) -> None:
        super().__init__(title, text, glyphs)
        self._again = again
        self._wrong = wrong
        self._saves, self._keys = saves, keys
        for action, names in (("save", keys.save), ("cancel", keys.cancel)):
            for name in names:
                self._bindings.bind(name, action, show=False)
        self._fields = tuple(fields)
        self._validate = validate
        self._inputs = {
            field.key: TextLine(placeholder=field.placeholder, secret=field.secret)
            for field in fields
        }
        self._lines = VerticalScroll(classes="form--fields", can_focus=False)
        self._error = Static("", classes="form--error", markup=False)
        self._warned = False  # was told that changes would be lost

    def content(self) -> ComposeResult:
        """Show a line a field, the error line and the keys."""
        width = max((width_of(clean(field.label)) for field in self._fields), default=0) + 1
        with self._lines:
            for field in self._fields:
                label = Static(clean(field.label), classes="form--label", markup=False)
                label.styles.width = width
                yield Horizontal(label, self._inputs[field.key])
        yield self._error
        between = "Enter next field" if len(self._fields) > 1 else ""
        words = self._keys.words(self._saves, between)
        yield Static(words, classes="form--keys", markup=False)

    def fit_content(self, lines: int) -> None:
        """The fields scroll where they are cut; what is wrong and the keys stay in sight."""
        self._lines.styles.max_height = max(1, min(_MOST_LINES, lines - 2))

    def on_mount(self) -> None:
        """Fill the inputs, which Textual allows only inside an app."""
        for field in self._fields:
            with self.prevent(Input.Changed):
                self._inputs[field.key].value = self._again.get(field.key, field.value)
        # What is typed first belongs where nothing is yet: never a password into the user's name.
        first = next((field for field in self._fields if not field.value), None)
        if first is not None:
            self._inputs[first.key].focus()
        self._tell(self._wrong)

    def values(self) -> dict[str, str]:
        """Give what the inputs hold, by field."""
        return {key: line.value for key, line in self._inputs.items()}

    def update_error(self, message: str, field: str | None = None) -> None:
        """Tell what is wrong and put the cursor into the field; "" takes it back."""
        self._error.update(clean(message))
        if field is not None:
            self._inputs[field].focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Take back what no longer holds."""
        event.stop()
        self._warned = False
        self.update_error("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field; save on the last."""
        event.stop()
        lines: list[Input] = list(self._inputs.values())
        place = lines.index(event.input)
        if place + 1 < len(lines):
            lines[place + 1].focus()
        else:
            self.action_save()

    def action_save(self) -> None:
        """End with the values, unless something is wrong with them."""
        values = self.values()
        wrong = self._validate(values) if self._validate is not None else {}
        if not self._tell(wrong):
            self.saved(values)

    def _tell(self, wrong: Mapping[str, str]) -> bool:
        """Tell the first thing that is wrong, if anything is."""
        for field in self._fields:
            if wrong.get(field.key):
                self.update_error(_told(field.label, wrong[field.key]), field.key)
                return True
        return False

    def action_cancel(self) -> None:
        """End with nothing; when something was changed, only the second time."""
        changed = any(self._inputs[field.key].value != field.value for field in self._fields)
        if changed and not self._warned:
            self.update_error(f"{self._keys.cancel_shown} again drops what you typed.")
            self._warned = True
        else:
            self.dropped()

    def saved(self, values: dict[str, str]) -> None:
        """End with these values."""
        raise NotImplementedError

    def dropped(self) -> None:
        """End without."""
        self.dismiss(None)


def _told(label: str, wrong: str) -> str:
    """A sentence about a field, which names the field once."""
    return wrong if wrong.startswith(label) else f"{label}: {wrong}"


class FormDialog(FormScreen[dict[str, str] | None]):
    """A form; the result is the values by field, None when it was cancelled."""

    def saved(self, values: dict[str, str]) -> None:
        """End with the values."""
        self.dismiss(values)


class PromptDialog(FormScreen[str | None]):
    """One line of text; Enter saves it, and the result is None when it was cancelled."""

    def __init__(
        self,
        title: str,
        label: str,
        value: str = "",
        *,
        text: str = "",
        secret: bool = False,
        placeholder: str = "",
        validate: Callable[[str], str] | None = None,
        keys: FormKeys = FormKeys(),
        glyphs: Glyphs = UTF8,
    ) -> None:
        def check(values: Mapping[str, str]) -> Mapping[str, str]:
            return {"line": validate(values["line"])} if validate is not None else {}

        field = Field("line", label, value, secret, placeholder)
        super().__init__(title, [field], text=text, validate=check, keys=keys, glyphs=glyphs)

    def saved(self, values: dict[str, str]) -> None:
        """End with the text."""
        self.dismiss(values["line"])
