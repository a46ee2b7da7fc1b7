"""The search for the form of each section in which rendering gives it back."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from owtui.engine.configs import library
from owtui.engine.configs.equivalence import differing, keyed
from owtui.engine.configs.merge import copied, merge_two
from owtui.engine.configs.pieces import Form, Piece, part_devices, piece_of
from owtui.engine.configs.render import (
    extra_files,
    print_packages,
    with_hostname,
    with_verbatim,
)
from owtui.engine.configs.sections import order_counts
from owtui.engine.configs.validate import problems_of
from owtui.engine.openwrt import uci
from owtui.engine.openwrt.uci import Package, Section

Result = TypeVar("Result")

_ANY_NAME = "OpenWrt"  # of a general section whose options stand elsewhere
_TRIES = 3
_FORMS = list(Form)
_SYSTEM = ("system", "system")


class Adoption:
    """Sections with their forms; `settle` tries until what is rendered is what was given."""

    def __init__(
        self, packages: Mapping[str, Package], files: Sequence[Mapping[str, str]], *, dsa: bool
    ) -> None:
        self._packages, self._files, self._dsa = packages, list(files), dsa
        self._keyed = {name: keyed(package) for name, package in packages.items()}
        self.pieces = [
            piece_of(name, key, section)
            for name, sections in self._keyed.items()
            for key, section in sections.items()
        ]
        part_devices(self.pieces)
        systems = [one for one in self.pieces if (one.package, one.section.type) == _SYSTEM]
        # What NetJSON calls general: one section, by default the one of this name.
        named = sorted((one for one in systems if one.name), key=lambda one: one.name != "system")
        self._general = named[0] if named else None

    def settle(self) -> None:
        """Demote sections until rendering gives all of them back."""
        before = self._state()
        while not self._fits():
            if self._state() == before:
                for piece in self.pieces:
                    piece.demote(Form.TEXT, piece.why or "that come back only so")
                return
            before = self._state()

    def _state(self) -> list[tuple[Form, frozenset[str]]]:
        return [(piece.form, frozenset(piece.held)) for piece in self.pieces]

    def _fits(self) -> bool:
        """Whether all comes back; where it does not, some section has another form afterwards."""
        rendered = self._attempt(self._rendered)
        if rendered is None:
            self._blame()
            return False
        return not (self._compared(rendered) or self._too_much(rendered) or self._mixed(rendered))

    def config(self) -> dict[str, Any]:
        """The NetJSON of all pieces in their present form."""
        return self._config([one for one in self.pieces if one.form is Form.NATIVE], self.pieces)

    def verbatim(self) -> dict[str, str]:
        """The UCI text of those that NetJSON cannot say."""
        texts: dict[str, str] = {}
        for name in self._packages:
            sections = tuple(
                Section(one.section.type, one.name or None, one.section.options)
                for one in self.pieces
                if one.package == name and one.form is Form.TEXT
            )
            if sections:
                text = uci.export(Package(name, sections))
                texts[name] = text.partition("\n\n")[2].rstrip("\n") + "\n"
        return texts

    # -- rendering ---------------------------------------------------------------------------

    def _config(self, natives: Sequence[Piece], pieces: Iterable[Piece]) -> dict[str, Any]:
        config: dict[str, Any] = {}
        if natives:
            # Plain dictionaries; globals first, the library forgets what stands before them.
            ordered = sorted(natives, key=lambda piece: piece.section.type != "globals")
            parsed = library.parse(_text_of(ordered), dsa=self._dsa)
            config = json.loads(json.dumps(parsed))
        for piece in pieces:
            if piece.form is Form.BLOCK or (piece.form is Form.NATIVE and piece.held):
                config.setdefault(piece.package, []).append(piece.block())
            if piece.form is not Form.NATIVE and piece is self._general:
                config.setdefault("general", {}).update(_hostname_of(piece))
        if self._files:
            config["files"] = [dict(file) for file in self._files]
        return config

    def _rendered(self) -> dict[str, Package] | None:
        """What becomes of all pieces; None when the configuration has problems."""
        config = self.config()
        if self.has_hostname():
            config = dict(with_hostname(config, _ANY_NAME))
        # As behind a template that has a bit of everything: elements of one identifier are one.
        lists: dict[str, Any] = {
            key: [] for key, value in config.items() if isinstance(value, list)
        }
        return self._made(merge_two(lists, config), self.verbatim())

    def _made(
        self, config: Mapping[str, Any], verbatim: Mapping[str, str]
    ) -> dict[str, Package] | None:
        if problems_of(config):
            return None
        copy = copied(config)
        texts = print_packages(library.packages(copy, dsa=self._dsa))
        made = {
            name: uci.parse(text, name) for name, text in with_verbatim(texts, verbatim).items()
        }
        if len(extra_files(copy)) > len(self._files):  # zerotier's map of interfaces
            made["zerotier"] = Package("zerotier", (Section("file", "devicemap"),))
        return made

    def _attempt(self, function: Callable[[], Result]) -> Result | None:
        try:
            return function()
        except library.FAILURES:
            return None

    def has_hostname(self) -> bool:
        """Whether the router says its hostname; rendering puts one in if not."""
        return self._general is not None and "hostname" in self._general.section.options

    # -- what does not come back -------------------------------------------------------------

    def _compared(self, rendered: Mapping[str, Package]) -> bool:
        """Demote sections that come back changed or not at all; False when none does.

        One section's fault shows on others, too: those come first whose own options are touched,
        then those that get more of them, then those that are missing.
        """
        made = {name: keyed(package) for name, package in rendered.items()}
        touched: list[tuple[Piece, Section | None]] = []
        grown: list[tuple[Piece, Section | None]] = []
        lost: list[tuple[Piece, Section | None]] = []
        for piece in self.pieces:
            there = made.get(piece.package, {}).get(piece.key)
            if there is None or there.type != piece.section.type:
                lost.append((piece, there))
            elif options := differing(piece.section, there):
                own = piece.section.options.keys() & set(options)
                (touched if own else grown).append((piece, there))
        for piece, there in touched or grown or lost:
            options = differing(piece.section, there) if there else []
            why = f"NetJSON changes {', '.join(options)}" if options else "NetJSON loses it"
            self._demote(piece, why, [name for name in options if name in piece.section.options])
        return bool(touched or grown or lost)

    def _too_much(self, rendered: Mapping[str, Package]) -> bool:
        """Demote those that make other sections beside themselves; False when there are none."""
        wrong = False
        for name, package in rendered.items():
            extra = [
                section
                for key, section in keyed(package).items()
                if key not in self._keyed.get(name, {})
            ]
            if not extra:
                continue
            wrong = True
            devices = {section.get("device") for section in extra}
            natives = [
                one for one in self.pieces if one.package == name and one.form is Form.NATIVE
            ]
            guilty = [one for one in natives if one.section.get("name") in devices]
            for piece in guilty or natives or self._of(name):
                self._lower(piece, "NetJSON adds sections to it")
        return wrong

    def _mixed(self, rendered: Mapping[str, Package]) -> bool:
        """Demote types whose order counts and is not kept; False when all are in order."""
        for name, sections in self._keyed.items():
            made = keyed(rendered.get(name, Package(name)))
            for kind in {section.type for section in sections.values()}:
                before = [key for key, section in sections.items() if section.type == kind]
                after = [key for key, section in made.items() if section.type == kind]
                if before != after and order_counts(name, kind):
                    same = [one for one in self._of(name) if one.section.type == kind]
                    worst = max(same, key=lambda one: _FORMS.index(one.form)).form
                    if worst is Form.NATIVE or all(one.form is worst for one in same):
                        worst = Form.TEXT if worst is not Form.NATIVE else Form.BLOCK
                    for piece in same:
                        if piece.form is not worst:
                            piece.demote(piece.sayable(worst), "whose order counts")
                    return True
        return False

    def _blame(self) -> None:
        """Demote what the library fails on, beside those before it that it takes."""
        natives = [one for one in self.pieces if one.form is Form.NATIVE]
        good: list[Piece] = []
        for together in _units(natives):
            if self._works([*good, *together]):
                good.extend(together)
        guilty = [piece for piece in natives if piece not in good]
        for piece in guilty or natives or self.pieces:
            self._demote(piece, "NetJSON does not take it")

    def _works(self, natives: Sequence[Piece]) -> bool:
        made = self._attempt(lambda: self._made(self._config(natives, natives), {}))
        return made is not None

    def _demote(self, piece: Piece, why: str, options: Collection[str] = ()) -> None:
        """Take options out of a native section if that may help, else lower its form."""
        piece.tries += 1
        if piece.form is Form.NATIVE and piece.tries <= _TRIES:
            fresh = set(options) - piece.held
            for held in [fresh, *({one} for one in piece.section.options if one not in fresh)]:
                if held and self._is_right(piece, piece.held | held):
                    piece.held |= held
                    return
        self._lower(piece, why)

    def _is_right(self, piece: Piece, held: set[str]) -> bool:
        """Whether a section alone comes back when these options are taken out of it."""
        if len(held) >= len(piece.section.options):
            return False
        kept, piece.held = piece.held, held
        try:
            made = self._attempt(lambda: self._made(self._config([piece], [piece]), {}))
        finally:
            piece.held = kept
        there = (
            keyed(made[piece.package]).get(piece.key) if made and piece.package in made else None
        )
        return there is not None and not differing(piece.section, there)

    @staticmethod
    def _lower(piece: Piece, why: str) -> None:
        lower = piece.sayable(Form.BLOCK if piece.form is Form.NATIVE else Form.TEXT)
        piece.demote(lower, why if lower is Form.BLOCK else "that NetJSON would change")

    def _of(self, package: str) -> list[Piece]:
        return [piece for piece in self.pieces if piece.package == package]


def _units(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Sections that NetJSON takes only together: a switch and its VLANs; all others alone."""
    switches, others = [], []
    for piece in pieces:
        if piece.section.type in ("switch", "switch_vlan"):
            switches.append(piece)
        else:
            others.append([piece])
    return [*others, switches] if switches else others


def _hostname_of(piece: Piece) -> dict[str, str]:
    """A general section for the system section that stands elsewhere, or another would be made.

    Its hostname is overridden by what stands there.
    """
    hostname = piece.section.get("hostname")
    if not hostname:
        return {}
    fits = len(hostname) <= 63 and library.has_format(hostname, "hostname")
    general = {"hostname": hostname if fits else _ANY_NAME}
    return general if piece.name == "system" else {**general, "id": piece.name}


def _text_of(pieces: Iterable[Piece]) -> str:
    packages: dict[str, list[Section]] = {}
    for piece in pieces:
        packages.setdefault(piece.package, []).append(piece.native())
    return "\n".join(
        uci.export(Package(name, tuple(sections))) for name, sections in packages.items()
    )
