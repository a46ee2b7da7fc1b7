"""`owtui alerts threshold`: when a value is a problem, by default, for a group, for a device."""

from __future__ import annotations

from typing import Any

import click

from owtui.cli.completing import groups as known_groups
from owtui.cli.face import Face, command
from owtui.cli.group import VerbGroup
from owtui.cli.output import titled
from owtui.errors import InputError

LISTED = titled("kind", "tags", "is_active", "operator", "threshold", "unit", "tolerance", "custom")

_device = click.option("--device", default="", metavar="NAME")
_group = click.option("--group", default="", shell_complete=known_groups, metavar="NAME")
_organization = click.option("--organization", default="", help="Of the group.")
_tags = click.option("--tags", default="", help="Only of this one: ifname=wlan0.")


@click.group(cls=VerbGroup)
def threshold() -> None:
    """Thresholds: list, set, reset. Those of a device go before its group's, these before the
    defaults."""


@threshold.command("list")
@_device
@_group
@_organization
@command
async def list_(face: Face, device: str, group: str, organization: str) -> int:
    """List what holds for a device or a group, or by default; `custom` is what was set there."""
    async with face.engine() as engine:
        owner = engine.device(device).id if device else None
        told = await engine.alerts.thresholds.rows(
            device=owner, group=group, organization=organization
        )
    face.output.records(LISTED, [one.as_dict() for one in told])
    return 0


@threshold.command("set")
@click.argument("kind")
@click.argument("pairs", nargs=-1, required=True, metavar="KEY=VALUE…")
@_device
@_group
@_organization
@_tags
@command
async def set_(
    face: Face,
    kind: str,
    pairs: tuple[str, ...],
    device: str,
    group: str,
    organization: str,
    tags: str,
) -> int:
    """Set when values of a KIND are a problem; an empty value takes it back.

    \b
    threshold=80      beyond this
    operator=>        above it, or < below
    tolerance=10      for so many minutes, 0 to 10080
    is_active=no      whether it is watched at all

    For example: `owtui alerts threshold set cpu threshold=80 tolerance=10 --group roofs`.
    """
    face.permit("Setting a threshold")
    values = dict(_value(pair) for pair in pairs)
    async with face.engine() as engine:
        owner = engine.device(device).id if device else None
        told = await engine.alerts.thresholds.set(
            kind, device=owner, group=group, organization=organization, tags=tags, **values
        )
    face.output.records(LISTED, [told.as_dict()])
    return 0


@threshold.command()
@click.argument("kind")
@_device
@_group
@_organization
@_tags
@command
async def reset(
    face: Face, kind: str, device: str, group: str, organization: str, tags: str
) -> int:
    """Take back all that was set of a KIND."""
    face.permit("Setting a threshold")
    async with face.engine() as engine:
        owner = engine.device(device).id if device else None
        told = await engine.alerts.thresholds.reset(
            kind, device=owner, group=group, organization=organization, tags=tags
        )
    face.output.records(LISTED, [told.as_dict()])
    return 0


_FLAGS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_KEYS = ("threshold", "operator", "tolerance", "is_active")


def _value(pair: str) -> tuple[str, Any]:
    key, equals, text = pair.partition("=")
    if not equals:
        raise InputError(f"“{pair}” is no key=value.", "For example: threshold=80")
    if key not in _KEYS:
        raise InputError(f"A threshold has no {key} to set.", f"Known: {', '.join(_KEYS)}.")
    if not text:
        return key, None
    if key == "operator":
        return key, text
    if key == "is_active":
        return key, _FLAGS.get(text.lower(), text)
    try:
        return key, float(text) if key == "threshold" else int(text)
    except ValueError as error:
        raise InputError(f"{key} must be a number, not “{text}”.") from error
