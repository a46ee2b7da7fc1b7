"""From the one keymap to Textual: a key is bound where its action exists, and nowhere else.

So no footer, help page or palette ever offers a key that does nothing, and a screen that comes
later lights up its keys by having the actions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from textual.binding import Binding
from textual.dom import DOMNode

from owtui import keymap, keynames
from owtui.keymap import Key
from owtui.settings import Settings
from widgets.footerkeys import Hint


@dataclass(frozen=True, slots=True)
class Keys:
    """The keymap of this session: overrides and preset laid on, read-only keys left out."""

    table: tuple[Key, ...]
    ascii_only: bool = False

    @classmethod
    def of(cls, chosen: Settings) -> Keys:
        """Resolve the settings' keymap. Raises InputError for one that cannot be."""
        table = keymap.resolve(chosen.keys, chosen.keys_preset)
        usable = tuple(key for key in table if not (chosen.read_only and key.changes))
        return cls(usable, chosen.ascii)

    def scoped(self, scopes: Sequence[str]) -> tuple[Key, ...]:
        """The keys of these scopes, in table order."""
        return tuple(key for key in self.table if key.scope in scopes)

    def bind(self, node: DOMNode, scopes: Sequence[str]) -> None:
        """Bind on a screen or app every key of the scopes for which it has the action."""
        for key in self.usable(node, scopes):
            for name in key.keys:
                node._bindings.key_to_bindings.setdefault(name, []).append(
                    Binding(name, key.action, key.help, show=False, id=key.id)
                )

    def usable(self, node: DOMNode, scopes: Sequence[str]) -> Iterator[Key]:
        """The keys of the scopes that do something on this node."""
        for key in self.scoped(scopes):
            if hasattr(node, f"action_{key.action}"):
                yield key

    def shown(self, key: Key) -> str:
        """A key's first spelling, as footer and help write it."""
        return key.shown(ascii_only=self.ascii_only)

    def spelled(self, key: Key) -> str:
        """All of a key's spellings, for the help."""
        return " ".join(keynames.shown(name, ascii_only=self.ascii_only) for name in key.keys)

    def hints(self, keys: Iterable[Key]) -> list[Hint]:
        """Footer hints, in the order of the table; the widget cuts by priority."""
        return [
            Hint(key.action, self.shown(key), key.label, key.priority) for key in keys if key.show
        ]
