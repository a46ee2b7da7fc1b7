"""The impact of a template's edit: every device's files before and after, beside netjsonconfig."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from netjsonconfig import OpenWrt

from owtui.engine.configs import archive
from owtui.engine.configs.bulk import Renderer
from owtui.engine.configs.model import Json, Layer, Subject
from owtui.engine.configs.render import with_hostname
from owtui.engine.configs.variables import context_of
from tests.bench.measure import Spread, title


def layers() -> tuple[Layer, ...]:
    """Five templates as a provider has them: base, two networks, radios, services, keys."""
    wifi = [
        {
            "name": f"wlan{at}",
            "type": "wireless",
            "wireless": {
                "radio": f"radio{at % 2}",
                "mode": "access_point",
                "ssid": ssid,
                "network": [network],
                "encryption": {"protocol": "wpa2_personal", "key": "{{ wifi_key }}"},
            },
        }
        for at, (ssid, network) in enumerate(
            [("corp-{{ name }}", "lan"), ("corp-{{ name }}", "lan"), ("guest", "guest")]
        )
    ]
    radio = {"phy": "phy0", "driver": "mac80211", "country": "IT", "tx_power": 10}
    found: list[tuple[str, Json]] = [
        (
            "base",
            {
                "general": {
                    "timezone": "Europe/Rome",
                    "description": "{{ name }}, {{ key }}",
                },
                "ntp": {"enabled": True, "server": [f"{at}.pool.ntp.org" for at in range(4)]},
                "dns_servers": ["1.1.1.1", "9.9.9.9"],
            },
        ),
        (
            "network",
            {
                "interfaces": [
                    {"name": "eth0", "type": "ethernet", "addresses": [_dhcp()]},
                    {
                        "name": "br-lan",
                        "type": "bridge",
                        "bridge_members": ["lan1", "lan2"],
                        "addresses": [_static("192.168.1.1")],
                    },
                    {
                        "name": "guest",
                        "type": "bridge",
                        "bridge_members": ["lan3"],
                        "addresses": [_static("10.9.0.1")],
                    },
                ],
                "routes": [
                    {
                        "device": "eth0",
                        "destination": "10.0.0.0/8",
                        "next": "192.168.1.254",
                        "cost": 1,
                    }
                ],
            },
        ),
        (
            "wifi",
            {
                "radios": [
                    {
                        **radio,
                        "name": "radio0",
                        "protocol": "802.11n",
                        "channel": 11,
                        "channel_width": 20,
                    },
                    {
                        **radio,
                        "name": "radio1",
                        "protocol": "802.11ac",
                        "channel": 36,
                        "channel_width": 80,
                    },
                ],
                "interfaces": wifi,
            },
        ),
        (
            "services",
            {
                "dhcp": [
                    {"config_name": "dhcp", "config_value": name, "interface": name, "start": "100"}
                    for name in ("lan", "guest")
                ],
                "files": [{"path": "/etc/banner", "mode": "0644", "contents": "{{ name }}"}],
            },
        ),
        (
            "keys",
            {
                "files": [
                    {
                        "path": "/etc/dropbear/authorized_keys",
                        "mode": "0600",
                        "contents": "ssh-ed25519 AAAA ops",
                    }
                ]
            },
        ),
    ]
    values = {"wifi_key": "not so secret"}
    return tuple(
        Layer(UUID(int=at), name, config, values) for at, (name, config) in enumerate(found)
    )


def fleet(count: int, templates: Sequence[Layer]) -> list[Subject]:
    """Devices that differ in name and MAC."""
    return [
        Subject(
            UUID(int=at),
            f"ap-{at:04}",
            f"02:00:00:00:{at >> 8:02X}:{at & 255:02X}",
            f"{at:032}",
            "OpenWrt 24.10.0",
            layers=tuple(templates),
        )
        for at in range(count)
    ]


def theirs(subject: Subject) -> bytes:
    """One device, the way of the library's manual."""
    made = OpenWrt(
        dict(with_hostname(subject.config, subject.name)),
        templates=[layer.config for layer in subject.layers],
        context=context_of(subject),
    )
    return bytes(made.generate().getvalue())


def _cpu(call: Callable[[], Any]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def _dhcp() -> Json:
    return {"proto": "dhcp", "family": "ipv4"}


def _static(address: str) -> Json:
    return {"proto": "static", "family": "ipv4", "address": address, "mask": 24}


def show(count: int, runs: int) -> None:
    """Measure and print; both sides render the same devices to the same files, which is checked."""
    templates = layers()
    edited = list(templates)
    base: dict[str, Any] = dict(edited[0].config)
    edited[0] = replace(
        edited[0], config={**base, "general": {**base["general"], "timezone": "Europe/Berlin"}}
    )
    devices = fleet(count, edited)
    title(
        f"files of {count:,} devices x {len(templates)} templates after an edit",
        f"CPU ms a device, {runs} runs: median (min to max); theirs: OpenWrt(…).generate()",
    )
    for device in devices[:20]:
        assert archive.unpack(theirs(device)) == dict(Renderer().render(device).files)
    ours, library = [], []
    for _ in range(runs):
        renderer = Renderer()
        ours.append(_cpu(lambda: [renderer.render(one) for one in devices]) / count * 1000)  # noqa: B023  # called at once
        library.append(_cpu(lambda: [theirs(one) for one in devices]) / count * 1000)
    print(f"   owtui          {Spread.of(ours)}")
    print(f"   netjsonconfig  {Spread.of(library)}")
    ratios = [there / here for here, there in zip(ours, library, strict=True)]
    print(f"   ratio          {Spread.of(ratios)}")
