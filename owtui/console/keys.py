"""From the one keymap to Textual: a key is bound where its action exists, and nowhere else.

So no footer, help page or palette ever offers a key that does nothing, and a screen that comes
later lights up its keys by having the actions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from textual.binding import Binding
from textual.dom import DOMNode

from owtui import keymap, keynames
from owtui.keymap import Key
from owtui.settings import Settings
from widgets.footerkeys import Hint
from widgets.form import FormKeys


@dataclass(frozen=True, slots=True)
class Keys:
    """The keymap of this session: overrides and preset laid on, read-only keys left out."""

    table: tuple[Key, ...]
    ascii_only: bool = False

    @classmethod
    def of(cls, chosen: Settings, own: Sequence[Key] = ()) -> Keys:
        """Resolve the settings' keymap, with the keys of own actions. Raises InputError."""
        return cls._allowed(keymap.resolve(chosen.keys, chosen.keys_preset, own), chosen, own)

    @classmethod
    def plain(cls, chosen: Settings, own: Sequence[Key] = ()) -> Keys:
        """The keymap as it is delivered, and own actions."""
        return cls._allowed((*keymap.KEYS, *own), chosen, own)

    @classmethod
    def _allowed(cls, table: Iterable[Key], chosen: Settings, own: Sequence[Key]) -> Keys:
        # The menu stays while it holds an own action that changes nothing.
        kept = {"act.menu"} if any(not key.changes for key in own) else set()
        usable = tuple(
            key for key in table if not (chosen.read_only and key.changes and key.id not in kept)
        )
        return cls(usable, chosen.ascii)

    @property
    def changing(self) -> frozenset[str]:
        """The actions that change something, by name."""
        others = {key.action for key in self.table if not key.changes}
        return frozenset(key.action for key in self.table if key.changes) - others

    def scoped(self, scopes: Sequence[str]) -> tuple[Key, ...]:
        """The keys of these scopes, in table order."""
        return tuple(key for key in self.table if key.scope in scopes)

    def bind(self, node: DOMNode, scopes: Sequence[str]) -> None:
        """Bind on a screen or app every key of the scopes for which it has the action."""
        for key in self._has(node, scopes):
            for name in key.keys:
                # Before what Textual binds there itself, such as Tab for the next focus.
                node._bindings.key_to_bindings.setdefault(name, []).insert(
                    0, Binding(name, key.action, key.help, show=False, id=key.id)
                )

    def usable(self, node: DOMNode, scopes: Sequence[str]) -> Iterator[Key]:
        """The keys of the scopes that do something on this node as it is now."""
        return (key for key in self._has(node, scopes) if node.check_action(key.action, ()))

    def _has(self, node: DOMNode, scopes: Sequence[str]) -> Iterator[Key]:
        return (key for key in self.scoped(scopes) if hasattr(node, f"action_{key.action}"))

    def shown(self, key: Key) -> str:
        """A key's first spelling, as footer and help write it."""
        return key.shown(ascii_only=self.ascii_only)

    def form(self) -> FormKeys:
        """The keys of forms; there is always one to leave with."""
        by_id = {key.id: key for key in self.table}
        save, cancel = by_id["form.save"], by_id["form.cancel"]
        if not cancel.keys:
            cancel = keymap.get("form.cancel")
        return FormKeys(save.keys, cancel.keys, self.shown(save), self.shown(cancel))

    def names(self, id_: str) -> str:
        """A key by its id, as a sentence names it; "" where it has none."""
        return next((self.shown(key) for key in self.table if key.id == id_), "")

    def hints(self, keys: Iterable[Key], *, typing: bool = False) -> list[Hint]:
        """Footer hints, the most wanted first and the way out last; the widget cuts by priority.

        While somebody types, only keys that a line of text does not take.
        """
        shown = sorted((key for key in keys if key.show), key=_place)
        hints = []
        for key in shown:
            name = next((name for name in key.keys if not (typing and is_typed(name))), None)
            if name is not None:
                text = keynames.shown(name, ascii_only=self.ascii_only)
                hints.append(Hint(key.action, text, key.label, key.priority))
        return hints


def line_hints(*, ascii_only: bool = False) -> list[Hint]:
    """What the keys do while a filter or a command is typed; they belong to the line."""
    shown = partial(keynames.shown, ascii_only=ascii_only)
    return [
        Hint("", shown("enter"), "go", 9),
        Hint("", shown("escape"), "close", 8),
        Hint("", shown("tab"), "complete", 7),
        Hint("", shown("up"), "history", 6),
    ]


def is_typed(name: str) -> bool:
    """Whether a line of text takes this key as a character."""
    return name == "space" or len(keynames.shown(name, ascii_only=True)) == 1


def _place(key: Key) -> tuple[bool, int]:
    return key.id == "app.quit", -key.priority
