"""Templates, variables and a group of the demo: something to look at, to edit and to push."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from owtui.engine.engine import Engine

GROUP = "roof"
MOST = 12  # devices: in a large demo the others have no configuration yet
BASE: dict[str, Any] = {
    "general": {"timezone": "{{ timezone }}", "maintainer": "noc@example.org"},
    "ntp": {
        "enabled": True,
        "enable_server": False,
        "server": ["0.openwrt.pool.ntp.org", "1.openwrt.pool.ntp.org"],
    },
    "files": [
        {"path": "/etc/banner", "mode": "0644", "contents": "{{ name }}, kept by owtui\n"},
    ],
}
GUESTS: dict[str, Any] = {
    "interfaces": [
        {
            "name": "wlan9",
            "type": "wireless",
            "wireless": {
                "radio": "radio0",
                "mode": "access_point",
                "ssid": "{{ guest_ssid }}",
                "network": ["guest"],
                "isolate": True,
                "encryption": {"protocol": "wpa2_personal", "key": "{{ guest_key }}"},
            },
        }
    ]
}


async def seed(engine: Engine) -> None:
    """Give the roof's devices two templates, of which nothing has been pushed yet."""
    from owtui.engine.configs.entries import TemplateDraft

    configs = engine.configs
    await configs.variables.set("global", {"timezone": "Europe/Rome"})
    base = TemplateDraft(
        "base", BASE, {"timezone": "UTC"}, tags=("base",), notes="What every router has."
    )
    guests = TemplateDraft(
        "guest-wifi",
        GUESTS,
        {"guest_ssid": "quay-guests", "guest_key": "welcome-aboard"},
        tags=("wifi",),
        notes="A network for guests on the first radio.",
    )
    await configs.templates.create(base)
    await configs.templates.create(guests)
    roof = [row for row in engine.fleet.rows.values() if row.group == GROUP]
    for organization in sorted({row.organization for row in roof}):
        await configs.groups.set_templates(GROUP, ["base", "guest-wifi"], organization)
    for row in roof[:MOST]:
        await configs.devices.set_config(row.id, {})  # from now on it has what its group gives
