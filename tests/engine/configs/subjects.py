"""Devices of a test with their layers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from owtui.engine.configs.model import Contexts, Json, Layer, Rendered, Subject

DEVICE = UUID("f3ca1a9a-0c55-4a6f-9d55-7b0e3c9ab001")


def subject(*templates: Json, **more: Any) -> Subject:
    """A device with these templates; more are fields of Subject."""
    layers = tuple(
        Layer(UUID(int=at), f"t{at}", config) for at, config in enumerate(templates, start=1)
    )
    values: dict[str, Any] = {
        "device_id": DEVICE,
        "name": "ap-1",
        "mac_address": "00:11:22:33:44:55",
        "key": "k" * 32,
        "os": "OpenWrt 24.10.0",
        "layers": layers,
    }
    return Subject(**{**values, **more})


def contexts(**scopes: Json) -> Contexts:
    """Contexts by scope; `everywhere` is the global one."""
    return Contexts(
        **{name.replace("everywhere", "global_"): value for name, value in scopes.items()}
    )


def text(rendered: Rendered, package: str) -> str:
    """A package of what was rendered."""
    return rendered.files[f"/etc/config/{package}"].data.decode()
