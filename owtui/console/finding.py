"""The `/` line over a network: it looks for nodes, marks them and stands on the first.

Nothing is hidden: a tree without the nodes between would be no tree.
"""

from __future__ import annotations

from collections.abc import Sequence

from textual import on

from owtui.console.frame import Frame
from widgets.filterbar import FilterBar


class Finding(Frame):
    """A screen with nodes to look for."""

    _hits: Sequence[str] = ()
    _words = ""

    def search(self, words: str) -> Sequence[str]:
        """The nodes that the words are found in, in the order in which they are walked."""
        raise NotImplementedError

    def show_hits(self) -> None:
        """Mark the hits."""
        raise NotImplementedError

    def go_to(self, key: str) -> None:
        """Stand on a node."""
        raise NotImplementedError

    def here(self) -> str | None:
        """The node under the cursor."""
        raise NotImplementedError

    def give_keys_back(self) -> None:
        """Let the list have the keys again."""
        raise NotImplementedError

    def find_bar(self) -> FilterBar:
        """The line, hidden until it is wanted."""
        bar = FilterBar("/", placeholder="name, address", glyphs=self.session.glyphs, id="filter")
        bar.display = False
        return bar

    @property
    def hits(self) -> Sequence[str]:
        """What the last search found."""
        return self._hits

    def find(self, words: str) -> None:
        """Look for words; "" ends the search."""
        self._words = words
        self.find_again()
        self.show_hits()
        if self._hits and self.here() not in self._hits:
            self.go_to(self._hits[0])
        self.refresh_frame()

    def find_again(self) -> None:
        """Look for the same words where the network is another; the cursor stays."""
        self._hits = self.search(self._words) if self._words.strip() else ()

    def forget_hits(self) -> None:
        """End the search without a word."""
        self._words, self._hits = "", ()

    def action_list_filter(self) -> None:
        """Look for a node."""
        bar = self.query_one("#filter", FilterBar)
        bar.update_prompt("/")
        bar.display = True
        bar.focus()

    def action_text_next(self) -> None:
        """The next node that was found."""
        self._turn_hit(1)

    def action_text_previous(self) -> None:
        """The one before."""
        self._turn_hit(-1)

    def _turn_hit(self, by: int) -> None:
        hits, here = list(self._hits), self.here()
        if hits:
            at = hits.index(here) if here in hits else (-1 if by > 0 else 0)
            self.go_to(hits[(at + by) % len(hits)])

    @on(FilterBar.Changed, "#filter")
    def _find_changed(self, message: FilterBar.Changed) -> None:
        """Look while somebody types."""
        message.stop()
        self.find(message.value)
        wrong = "" if self._hits or not message.value.strip() else "There is no such node."
        message.bar.update_error(wrong)

    @on(FilterBar.Submitted, "#filter")
    def _find_submitted(self, message: FilterBar.Submitted) -> None:
        """Keep what was found."""
        message.stop()
        self.find(message.value)
        self._close_find()

    @on(FilterBar.Cancelled, "#filter")
    def _find_cancelled(self, message: FilterBar.Cancelled) -> None:
        """End the search."""
        message.stop()
        self.find("")
        self._close_find()

    def _close_find(self) -> None:
        bar = self.query_one("#filter", FilterBar)
        bar.update_error("")
        bar.display = False
        self.give_keys_back()
