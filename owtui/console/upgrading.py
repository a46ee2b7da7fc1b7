"""`U`: which build, newest first, then sysupgrade's options, then the plan."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from owtui.console import acting
from owtui.errors import InputError
from widgets.finddialog import FindDialog, Item

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from owtui.console.frame import Frame
    from owtui.engine.actions.base import Action
    from owtui.engine.firmware.entries import BuildRow
    from owtui.engine.selection import Selection


def ask(frame: Frame, action: Action, selection: Selection) -> None:
    """Offer the builds of the library; the form of the action follows with the chosen one."""

    def chosen(build: str | None) -> None:
        if build is not None:
            acting.act(frame, action, selection, {"build": build})

    async def offer() -> None:
        builds = await frame.session.bridge.call(
            lambda engine: engine.firmware.builds_for(selection.ids)
        )
        if not builds:
            raise InputError(
                "There is no build to upgrade to.",
                "`owtui firmware add-category`, add-build and add-image make one.",
            )
        dialog = FindDialog(
            f"Upgrade {selection.describe()} to",
            items(builds),
            text="Devices get the image of the build that is for their board.",
            glyphs=frame.session.glyphs,
        )
        frame.app.push_screen(dialog, chosen)

    frame.ask(offer, "builds")


def items(builds: Sequence[BuildRow]) -> list[Item]:
    """The builds, newest first; the key is what the action takes: a name, with its organization
    before it where another one has a build of that name.

    builds: the oldest of a category first, as the library orders them by version
    """
    names = Counter(one.label.casefold() for one in builds)
    categories: dict[UUID, list[BuildRow]] = {}
    for one in builds:
        categories.setdefault(one.category_id, []).append(one)
    latest = sorted(categories.values(), key=lambda own: own[-1].released, reverse=True)
    return [
        Item(_key(one, names[one.label.casefold()]), one.label, _note(one))
        for own in latest
        for one in reversed(own)
    ]


def _key(one: BuildRow, twins: int) -> str:
    return one.label if twins == 1 else f"{one.organization}/{one.label}"


def _note(one: BuildRow) -> str:
    owner = f"{one.organization}, " if one.organization else ""
    images = f"{one.images} image{'s' * (one.images != 1)}"
    return f"{owner}{images}, {one.devices} run it"
