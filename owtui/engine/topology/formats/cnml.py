"""CNML, guifi.net's XML of zones, nodes, devices, interfaces and links.

A link stands below both of its interfaces; it counts when it is working and both are in the file.
A document type is refused: entities are how XML eats memory, and CNML has none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.parsers import expat

from owtui.engine.topology.formats.base import Format, FormatError
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.formats.values import LONGEST
from owtui.engine.topology.graph import Graph, Link

WORKING = "Working"


class Cnml(Format):
    """A zone with its detail. A node is the IPv4 address of an interface."""

    id = "cnml"
    title = "CNML 1.0"
    protocol = "static"

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read the document as its elements come by; nothing of it is held as a tree."""
        reading = _Reading(self)
        parser = expat.ParserCreate("utf-8")
        reading.parser = parser
        parser.StartElementHandler = reading.start
        parser.EndElementHandler = reading.end
        parser.StartDoctypeDeclHandler = reading.doctype
        try:
            parser.Parse(text.encode("utf-8", "replace"), True)
        except expat.ExpatError as error:
            said = expat.ErrorString(error.code)
            raise self.wrong(f"line {error.lineno}", f"it is not XML ({said})") from None
        if not reading.is_cnml:
            raise self.wrong("", "there is no <cnml> element")
        return self.graph((), reading.working())


@dataclass(slots=True)
class _Reading:
    """What has been seen: interfaces with their address, links with their two interfaces."""

    format: Format
    parser: Any = None
    is_cnml: bool = False
    interface: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    links: dict[str, list[str]] = field(default_factory=dict)

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        if name == "cnml":
            self.is_cnml = True
        elif name == "interface":
            self.interface = self._attribute(name, attributes, "id")
            if address := attributes.get("ipv4", "").strip():
                if len(address) > LONGEST:
                    raise self._wrong(f"ipv4 is longer than {LONGEST} letters")
                self.addresses[self.interface] = address
        elif name == "link" and attributes.get("link_status") == WORKING and self.interface:
            other = self._attribute(name, attributes, "linked_interface_id")
            link = self._attribute(name, attributes, "id")
            self.links.setdefault(link, [self.interface, other])

    def end(self, name: str) -> None:
        if name == "interface":
            self.interface = ""

    def doctype(self, *declared: object) -> None:
        raise self._wrong("a document type is declared, which CNML has not")

    def working(self) -> list[Link]:
        """The links between two interfaces of the file that have addresses."""
        known = self.addresses
        return [
            Link(known[one], known[other])
            for one, other in self.links.values()
            if one in known and other in known
        ]

    def _attribute(self, name: str, attributes: Mapping[str, str], key: str) -> str:
        if not (value := attributes.get(key, "")):
            raise self._wrong(f"<{name}> has no {key}")
        return value

    def _wrong(self, reason: str) -> FormatError:
        return self.format.wrong(f"line {self.parser.CurrentLineNumber}", reason)


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(Cnml())
