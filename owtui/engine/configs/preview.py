"""What a push would do to one device, asked from a screen: as a plan judges it, without one."""

from __future__ import annotations

from dataclasses import replace

from sqlmodel import Session

from owtui.engine.configs.aims import Aim, aims
from owtui.engine.configs.cutoff import Way
from owtui.engine.configs.model import Rendered
from owtui.engine.configs.prospect import Prospect, prospect
from owtui.engine.configs.renderer import Render
from owtui.engine.configs.ways import ways
from owtui.engine.openwrt.facts import Facts
from storage.rows import DeviceRow
from storage.secrets import Vault


def read(session: Session, vault: Vault, row: DeviceRow, render: Render) -> tuple[Aim, Way | None]:
    """The device's aim, and how we come in to it."""
    aim = aims(session, vault, [row.id], render)[row.id]
    return aim, ways(session, vault, [row]).get(row.id)


def judged(
    aim: Aim, way: Way | None, row: DeviceRow, rendered: Rendered | None
) -> tuple[Aim, Prospect]:
    """Judge it; `rendered` takes the place of what its templates say now."""
    if rendered is not None:
        aim = replace(aim, rendered=rendered, refusal="")
    facts = Facts.from_dict(row.facts) if row.facts else None
    return aim, prospect(aim, way, facts)
