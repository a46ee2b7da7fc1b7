"""The sections of a router on their way into a device's configuration, and how each is said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from owtui.engine.configs import library
from owtui.engine.configs.equivalence import Key, place
from owtui.engine.configs.variables import PATTERN
from owtui.engine.openwrt.uci import Section

# What netjsonconfig reads; its converters take other types of these packages for what they are not.
_NATIVE = {
    "network": "interface device bridge-vlan globals route route6 rule rule6 switch switch_vlan",
    "openvpn": "openvpn",
    "system": "system timeserver led",
    "wireless": "wifi-device wifi-iface",
    "zerotier": "zerotier network",
}
_PEER = "wireguard_"
_UNREADABLE = re.compile(r"['\"\r\n\\]|^\s|\s$")  # the library's parser loses these
_UNSAYABLE = re.compile("[\ud800-\udfff]")  # bytes that are no UTF-8 have no place in JSON


class Form(Enum):
    """How a section is written down, best first."""

    NATIVE = "NetJSON"
    BLOCK = "a section of a UCI package in NetJSON"
    TEXT = "UCI text"


@dataclass(slots=True)
class Piece:
    """One section. `name` is its own or the one that tells the same, "" for neither.

    `held` are options of a native section that stand beside it as UCI.
    """

    package: str
    key: Key
    section: Section
    name: str
    form: Form = Form.NATIVE
    held: set[str] = field(default_factory=set)
    why: str = ""
    tries: int = 0

    @property
    def place(self) -> str:
        """The section as `uci` calls it."""
        return place(self.package, self.key)

    def native(self) -> Section:
        """What the library gets to read."""
        options = {k: v for k, v in self.section.options.items() if k not in self.held}
        return Section(self.section.type, self.name, options)

    def block(self) -> dict[str, Any]:
        """The section, or the held options of it, in NetJSON's form of UCI packages."""
        options = self.section.options
        if self.form is Form.NATIVE:
            options = {name: value for name, value in options.items() if name in self.held}
        return {"config_name": self.section.type, "config_value": self.name, **options}

    def sayable(self, form: Form) -> Form:
        """This form, or UCI text where NetJSON means something else by the package's name."""
        known = self.package in library.schema()["properties"]
        reserved = {"config_name", "config_value"} & self.section.options.keys()
        return Form.TEXT if form is Form.BLOCK and (known or reserved) else form

    def demote(self, form: Form, why: str) -> None:
        """Give it a less readable form."""
        self.form, self.why = form, why
        self.held.clear()


def piece_of(package: str, key: Key, section: Section) -> Piece:
    """A section in the best form that may do."""
    piece = Piece(package, key, section, "" if key[1] else key[0])
    values = [
        item
        for value in section.options.values()
        for item in (value if isinstance(value, list) else [value])
    ]
    if any(map(_UNSAYABLE.search, values)):
        piece.demote(Form.TEXT, "with bytes that are no UTF-8")
    elif any(map(PATTERN.search, values)):
        piece.demote(Form.TEXT, "with what NetJSON takes for variables")
    elif not piece.name:
        piece.demote(Form.TEXT, "without a name")
    elif not _is_native(package, section.type):
        piece.demote(piece.sayable(Form.BLOCK), "")
    else:
        piece.held = {name for name in section.options if _is_unreadable(section, name)}
        if piece.held and piece.sayable(Form.BLOCK) is Form.TEXT:
            piece.demote(Form.TEXT, "")
    if piece.form is Form.TEXT and not piece.why:
        piece.why = "that NetJSON has no place for"
    return piece


def part_devices(pieces: Iterable[Piece]) -> None:
    """NetJSON calls an interface by its device and has each name once: wan and wan6 on one device.

    The later ones are called by their own name; their device stands beside them.
    """
    seen: set[str] = set()
    for piece in pieces:
        if (piece.package, piece.section.type) != ("network", "interface"):
            continue
        for option in ("device", "ifname"):
            device = piece.section.get(option)
            if device and device in seen and piece.form is Form.NATIVE:
                piece.held.add(option)
            seen.add(device)


def _is_native(package: str, kind: str) -> bool:
    if package == "network" and kind.startswith(_PEER):
        return True
    return kind in _NATIVE.get(package, "").split()


def _is_unreadable(section: Section, option: str) -> bool:
    value = section.options[option]
    return any(map(_UNREADABLE.search, value if isinstance(value, list) else [value]))
