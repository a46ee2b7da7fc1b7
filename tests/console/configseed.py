"""Templates, variables and configurations on the seeded fleet: the same in every run."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session

from owtui.engine.configs.entries import TemplateDraft
from owtui.engine.engine import Engine, Role
from owtui.operator import Operator
from storage.core import CONFIG, TEMPLATE, TEMPLATE_GENERATION
from tests.console.driving import loaded
from tests.console.seed import NOW, id_of

BASE = {
    "general": {"timezone": "Europe/Berlin", "ula_prefix": "fd12:3456:789a::/48"},
    "ntp": {"enabled": True, "server": ["0.openwrt.pool.ntp.org"]},
}
ROOF = {
    "radios": [
        {
            "name": "radio1",
            "phy": "phy1",
            "driver": "mac80211",
            "protocol": "802.11ac",
            "channel": 36,
            "channel_width": 80,
            "country": "DE",
        }
    ],
    "interfaces": [
        {
            "name": "wlan1",
            "type": "wireless",
            "wireless": {
                "radio": "radio1",
                "mode": "access_point",
                "ssid": "{{ ssid }}",
                "encryption": {
                    "protocol": "wpa2_personal",
                    "cipher": "ccmp",
                    "key": "not-for-your-eyes",
                },
            },
        }
    ],
}
ROOFS = [f"ap-roof-{n:02}" for n in range(1, 13)]
LACKING = ROOFS[-3:]  # no ssid is set for these


async def sow_folder(folder: Path) -> None:
    """Write them into the database of a folder, whose master key is made there."""
    engine = await Engine.start(loaded(folder), Operator("eva", "noc-1", "console"), Role.ATTACH)
    try:
        await sow_configs(engine)
    finally:
        await engine.close()


async def sow_configs(engine: Engine) -> dict[str, UUID]:
    """Write them through the engine; gives the templates' ids by name."""
    shelf = engine.configs
    ids = {}
    for draft in (
        TemplateDraft("base", BASE, default=True, tags=("base",), notes="time and names"),
        TemplateDraft("roof-ap", ROOF, tags=("roof", "wifi"), notes="5 GHz of the roofs"),
        TemplateDraft("guest", {"dns_servers": ["9.9.9.9"]}, {"vlan": 20}),
    ):
        ids[draft.name] = (await shelf.templates.create(draft)).row.id
    await shelf.templates.change("roof-ap", config={**ROOF, "dns_search": ["lan"]}, note="search")
    await shelf.variables.set("global", {"country": "DE"})
    await shelf.variables.set("group:roof", {"mesh_key": "hush-hush"})
    for name in ROOFS:
        device = id_of(name)
        await shelf.devices.set_templates(device, ["base", "roof-ap"])
        if name not in LACKING:
            await shelf.variables.set(
                name, {"ssid": f"roof {name[-2:]}" if name == "ap-roof-02" else "roofs"}
            )
    await shelf.devices.set_config(id_of("ap-roof-02"), {"general": {"timezone": "UTC"}})
    await engine.database.awrite(_stand_still)
    return ids


def _stand_still(session: Session) -> None:
    """Give all of it one time."""
    for table in (TEMPLATE, TEMPLATE_GENERATION, CONFIG):
        values: dict[str, Any] = {"created": NOW, "modified": NOW}
        session.execute(update(table).values(**values))
