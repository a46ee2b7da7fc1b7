"""What the commands about seeing do: alerts, clients, topology; a part of the table of verbs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.console.frame import Frame


def _alerts(frame: Frame, given: Mapping[str, str]) -> None:
    from owtui.console.presenters import alerts, words

    filter_ = given.get("filter", "")
    words.parse(filter_, alerts.FIELDS)  # one that cannot be used is told here
    frame.console.go_to("alerts", {"filter": filter_})


def _firmware(frame: Frame, given: Mapping[str, str]) -> None:
    devices, engine = given.get("filter", ""), frame.session.bridge.engine
    if devices and engine is not None:
        engine.select(devices)  # one that cannot be used is told here
    frame.console.go_to("firmware", {"devices": devices})


def _stays(what: str, frame: Frame, given: Mapping[str, str]) -> None:
    """Of all devices, or of the one device that a filter finds."""
    text = given.get("filter", "").removeprefix("@")
    engine = frame.session.bridge.engine
    ids = engine.select(text).ids if text and engine is not None else ()
    if text and len(ids) != 1:
        raise InputError(
            f"{text} is {len(ids)} devices.", "Name one; or all, and filter with `/device=`."
        )
    frame.console.open_over(what, str(ids[0]) if ids else "")


def _topology(frame: Frame, given: Mapping[str, str]) -> None:
    frame.console.go_to("topology", {"cursor": given.get("node", "")})


VERBS: Mapping[str, Callable[[Frame, Mapping[str, str]], None]] = {
    "alerts": _alerts,
    "firmware": _firmware,
    "clients": partial(_stays, "clients"),
    "sessions": partial(_stays, "sessions"),
    "topology": _topology,
}
