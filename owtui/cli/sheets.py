"""Configurations out to a person and back in: secrets are dots (•••) on the way.

Dots that come back are the secret that stands in their place, found by what is around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.cli.face import Face
from owtui.cli.sources import name_of, read_object
from owtui.errors import BlockedError, InputError

if TYPE_CHECKING:
    from owtui.engine.configs.entries import Edit
    from owtui.engine.engine import Engine

OF = "Refuse where it is no longer this generation."


def show_source(face: Face, config: Mapping[str, Any], *, yaml: bool) -> None:
    """Print NetJSON without secrets, so that it may be handed in again."""
    from owtui.engine.configs.masking import mask_json
    from owtui.engine.configs.source import dump

    face.output.out.write(dump(mask_json(dict(config)), "yaml" if yaml else "json"))


def read_edit(face: Face, file: str, before: Mapping[str, Any]) -> dict[str, Any]:
    """The NetJSON of a file, its dots replaced by the secrets of `before`. Raises InputError."""
    from owtui.engine.configs.unmasking import unmask

    given = read_object(file, face.output.talk)
    try:
        config: dict[str, Any] = unmask(given, before)
    except InputError as error:
        raise InputError(f"{name_of(file)}: {error.sentence}", error.hint) from None
    return config


def refuse_moved(name: str, generation: int, of: int | None) -> None:
    """Raise BlockedError where an edit began at another generation than there is."""
    if of is not None and of != generation:
        raise BlockedError(
            f"{name} is v{generation} by now, and yours began at v{of}.",
            "Look at the newer one and make your change again.",
        )


async def show_impact(face: Face, engine: Engine, edit: Edit) -> None:
    """Print what an edit would do to the devices that it can reach; equal differences once."""
    found = await engine.configs.impact(edit)
    names = {row.device_id: row.device for row in found.rows}
    if face.output.machine:
        face.output.document(
            {
                "changes": found.count()["change"],
                "same": found.count()["same"],
                "blocked": found.count()["blocked"],
                "rows": [
                    {"device": row.device, "verdict": row.verdict, "reason": row.reason}
                    for row in found.rows
                ],
                "differences": [
                    {"devices": _named(one.devices, names), "diff": one.text}
                    for one in found.differences
                ],
            }
        )
        return
    counted = found.count()
    face.output.text(
        f"{counted['change']} change, {counted['same']} same, {counted['blocked']} blocked"
    )
    for row in found.rows:
        if row.verdict == "blocked":
            face.output.text(f"  {row.device}: {row.reason}")
    for one in found.differences:
        show_group(face, _named(one.devices, names), one.text)


def show_group(face: Face, devices: Sequence[str], text: str) -> None:
    """Print a difference under the devices that have it."""
    many = f"{len(devices)} device{'s' * (len(devices) != 1)}"
    face.output.text(f"== {many}: {', '.join(devices)}")
    for line in text.splitlines():
        face.output.text(f"    {line}")


def _named(ids: Sequence[UUID], names: dict[UUID, str]) -> list[str]:
    return sorted(names[id_] for id_ in ids)
