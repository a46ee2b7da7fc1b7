"""What a format is: a name, what a graph of it is called, and a pure way from bytes to a `Graph`.

A document comes from a device, a server or a file and is not trusted: whatever is wrong with it is
one `FormatError` that names the place, and what is kept can be stored (no NUL, no NaN).
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar

from owtui.engine.topology.graph import Graph, Link, Node
from owtui.errors import InputError

LARGEST = 32 * 1024 * 1024  # bytes: a mesh of 10,000 nodes is 12 MiB of meshviewer.json
MOST = 100_000  # nodes, and links: nobody's network, but what memory and screens can still hold
NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})


# What a format raises that did not expect a document: told like any other misfit, and logged.
_BUGS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)

_log = logging.getLogger(__name__)


class FormatError(InputError):
    """A document is not what it was said to be.

    label: the format's title; place: "line 7", "topology[3].tcEdgeCost" or "" for all of it
    reason: what is wrong there, the end of a sentence
    """

    def __init__(self, label: str, place: str, reason: str) -> None:
        at = f", {place}" if place else ""
        super().__init__(
            f"This cannot be read as {label}{at}: {reason}.",
            "Check that the source really gives out this format, and the whole of it.",
        )
        self.label = label
        self.place = place
        self.reason = reason


class Format(ABC):
    """A format; a plug-in has one subclass with `read`, and registers an instance.

    id: as it is typed; title: the label people choose it by (OpenWISP's, where it has the parser)
    protocol, version, metric: of graphs whose document does not tell its own
    command: shell line, run in a shell of its own, that makes an OpenWrt device print a document of
        it; "" where no device can; exit status 127: it lacks the program
    partial: each device tells only its own part, and `merging` makes the whole of them
    options: those it knows and their default
    """

    id: ClassVar[str]
    title: ClassVar[str]
    protocol: ClassVar[str]
    version: ClassVar[str] = ""
    metric: ClassVar[str] = ""
    command: ClassVar[str] = ""
    partial: ClassVar[bool] = False
    options: ClassVar[Mapping[str, Any]] = NO_OPTIONS

    def parse(self, data: bytes, at: datetime, options: Mapping[str, Any] = NO_OPTIONS) -> Graph:
        """Read a document as it was at the moment `at` (aware), on which ages are judged.

        Raises FormatError, and InputError for an option that the format does not know.
        """
        if unknown := sorted(set(options) - set(self.options)):
            known = ", ".join(sorted(self.options)) or "none"
            raise InputError(
                f"{self.title} has no option {unknown[0]!r}.", f"Options of this format: {known}."
            )
        if len(data) > LARGEST:
            raise self.wrong("", f"it is larger than {LARGEST // 2**20} MiB")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise self.wrong(f"line {line}", "there are bytes that are not UTF-8") from None
        try:
            found = self.read(text, at, {**self.options, **options})
        except _BUGS as error:
            _log.exception("The format %s failed on a document.", self.id)
            raise self.wrong("", f"{self.id} failed on it ({error!r:.80})") from error
        if "" in found.nodes:
            raise self.wrong("", "a node in it has no name")
        if max(len(found.nodes), len(found.links)) > MOST:
            raise self.wrong("", f"it has more than {MOST} nodes or links")
        return found

    @abstractmethod
    def read(self, text: str, at: datetime, options: Mapping[str, Any]) -> Graph:
        """Read the text of a document; raises `self.wrong(place, reason)`."""

    def private(self, node: Node) -> bool:
        """True where the id of a node means something only on the device that told it."""
        return False

    def names(self, node: Node) -> Iterable[str]:
        """What other devices may call a node by, where they do not know its id."""
        return node.addresses

    def wrong(self, place: str, reason: str) -> FormatError:
        """The one error of a format, to be raised."""
        return FormatError(self.title, place, reason)

    def graph(
        self,
        nodes: Iterable[Node],
        links: Iterable[Link],
        *,
        version: str = "",
        revision: str = "",
    ) -> Graph:
        """A graph that is called as this format calls its own."""
        return Graph.of(
            nodes,
            links,
            protocol=self.protocol,
            version=version or self.version,
            metric=self.metric,
            revision=revision,
        )
