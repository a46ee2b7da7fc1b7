"""Put an old generation of a device's configuration back, guarded like any push.

What templates say stays as it is: where that differs, the device reads `modified` afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from owtui.engine.actions.base import Param, Registrar
from owtui.engine.actions.push_config import PushConfig


class RollbackConfig(PushConfig):
    """The generation before the newest, unless another is named."""

    id = "rollback_config"
    title = "Roll configuration back"
    help = "Put an earlier generation back, guarded"
    letter = "b"
    kind = "rollback"
    params: ClassVar[tuple[Param, ...]] = (
        Param(
            "to",
            "Generation",
            "int",
            required=False,
            default=0,
            help="its number; 0: the one before the newest",
        ),
        *PushConfig.params,
    )
    schema: ClassVar[Mapping[str, Any]] = {
        **PushConfig.schema,
        "properties": {
            **PushConfig.schema["properties"],
            "to": {"type": "integer", "minimum": 0},
        },
    }

    def generation(self, params: Mapping[str, Any]) -> int | None:
        """See PushConfig."""
        return int(params.get("to", 0))


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(RollbackConfig())
