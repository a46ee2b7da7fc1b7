"""The `/` line over a list that is not of devices: plain words over what its rows say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from owtui.console.filterline import FilterLine
from owtui.console.presenters import words
from widgets.filterbar import FilterBar
from widgets.rowmodel import Row


class Narrowing(FilterLine):
    """A list whose rows have named fields; `FIELDS` are the names that a filter may use."""

    FIELDS: ClassVar[tuple[str, ...]] = ()
    _text = ""
    _matches: Callable[[Mapping[str, str]], bool] | None = None

    def fields(self, key: str) -> Mapping[str, str]:
        """What a row says, by field; all of it is searched by a word without one."""
        raise NotImplementedError

    def filter_bar(self) -> FilterBar:
        """The line, hidden until it is wanted."""
        bar = FilterBar(
            "/", placeholder=words.placeholder(self.FIELDS), glyphs=self.session.glyphs, id="filter"
        )
        bar.display = False
        return bar

    @property
    def filter_text(self) -> str:
        """The filter in force, "" without one."""
        return self._text

    def use_filter(self, text: str) -> None:
        """Filter by a text. Raises InputError."""
        matches = words.parse(text, self.FIELDS)
        self._text, self._matches = text.strip(), matches
        self.table.set_filter(None if matches is None else self._shows)
        self.refresh_frame()

    def completions(self, text: str) -> Iterable[str]:
        """The fields."""
        return (f"{name}=" for name in self.FIELDS)

    def _shows(self, row: Row) -> bool:
        return self._matches is None or self._matches(self.fields(row.key))
