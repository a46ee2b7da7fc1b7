"""LLDP neighbours, as lldpd's client prints them in JSON, in both of its shapes.

`json` makes names the keys of objects and leaves lists of one out; `json0` puts every value into a
list of objects. Who tells is in `show chassis` alone, so both documents belong together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from owtui.engine.topology.formats.base import Format
from owtui.engine.topology.formats.registry import Formats
from owtui.engine.topology.formats.values import At, documents
from owtui.engine.topology.graph import Graph, Link, Node

LOCAL = "local"

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}\Z")


class Lldp(Format):
    """One device's chassis and neighbours. A node is a chassis by its id, a MAC mostly."""

    id = "lldp"
    title = "LLDP (lldpd)"
    protocol = "LLDP"
    version = "1"
    metric = "static"
    partial = True
    command = "lldpcli -f json show chassis; lldpcli -f json show neighbors details"

    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read the documents, in any order; without a chassis the teller is called "local"."""
        own = Node(LOCAL, LOCAL)
        seen: list[tuple[Node, Mapping[str, Any]]] = []
        for told in documents(text, self):
            if (mine := told.get("local-chassis")) is not None:
                own = _chassis(_first(mine)["chassis"])
            else:
                seen += [_neighbour(name, one) for name, one in _interfaces(told["lldp"])]
        links = [Link(own.id, node.id, properties=properties) for node, properties in seen]
        return self.graph([*(node for node, _ in seen), own], links)

    def names(self, node: Node) -> Iterable[str]:
        """A management address or the name of the system: CDP and some phones tell no MAC."""
        return (*node.addresses, node.label) if node.label else node.addresses

    def private(self, node: Node) -> bool:
        """A teller without a chassis is nobody elsewhere."""
        return node.id == LOCAL


def _interfaces(lldp: At) -> Iterator[tuple[str, At]]:
    """Names and what was heard there, of the keys or of the lists."""
    found = _first(lldp).get("interface")
    if found is None:
        return
    for one in found.items() if isinstance(found.value, list) else (found,):
        if isinstance(one.object.get("name"), str):  # json0
            yield one["name"].name, one
        else:
            yield from one.members()


def _neighbour(interface: str, one: At) -> tuple[Node, Mapping[str, Any]]:
    properties: dict[str, Any] = {"interface": interface}
    if via := _text(one.get("via")):
        properties["via"] = via
    if port := one.get("port"):
        told = _first(port)
        for key, name in (("id", "port"), ("descr", "port_descr")):
            if text := _text(told.get(key)):
                properties[name] = text
    return _chassis(one["chassis"]), properties


def _chassis(told: At) -> Node:
    """A chassis: in `json` below its name, where it has one."""
    one, name = _first(told), ""
    if not isinstance(one.object.get("id"), dict | list):
        names = list(one.members())
        if len(names) != 1:
            raise one.wrong("there is no chassis with an id")
        name, one = names[0]
        one = _first(one)
    else:
        name = _text(one.get("name"))
    id_ = _text(one["id"])
    if not id_:
        raise one["id"].wrong("it is empty")
    if _MAC.match(id_.lower()):
        id_ = id_.lower()
    properties: dict[str, Any] = {}
    if description := _text(one.get("descr")):
        properties["descr"] = description
    if capabilities := [text for each in _all(one.get("capability")) if (text := _enabled(each))]:
        properties["capabilities"] = capabilities
    addresses = [text for each in _all(one.get("mgmt-ip")) if (text := _text(each))]
    return Node(id_, name, tuple(dict.fromkeys(addresses)), properties)


def _first(told: At) -> At:
    """The object, or the first of a list of them."""
    return next(told.items(), told) if isinstance(told.value, list) else told


def _all(told: At | None) -> Iterator[At]:
    if told is not None:
        yield from told.items() if isinstance(told.value, list) else (told,)


def _text(told: At | None) -> str:
    """A text, or the value of an object, or of the first of a list of them."""
    if told is None:
        return ""
    one = _first(told)
    return one.some("value") if isinstance(one.value, dict) else one.text


def _enabled(told: At) -> str:
    return told.some("type") if told.object.get("enabled") is True else ""


def register(formats: Formats) -> None:
    """Add it to the family."""
    formats.add(Lldp())
