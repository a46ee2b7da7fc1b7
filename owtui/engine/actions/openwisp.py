"""OpenWISP's three commands by its names: what it accepts, refuses and says.

Its schemas and sentences (control.md §5.3, §19 example 15), so that scripts and people who come
from there meet what they know; each maps to an action of ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any

from owtui.engine.actions.params import validate
from owtui.errors import BlockedError, InputError

MASKED = "********"  # what is kept of a password

PASSWORD = {"type": "string", "minLength": 6, "maxLength": 30, "pattern": r"[\S]"}
SCHEMAS: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "custom": {
            "type": "object",
            "properties": {
                "command": {
                    "type": "string",
                    "minLength": 1,
                    "pattern": ".",
                    "message": "Command cannot be empty.",
                }
            },
            "required": ["command"],
            "additionalProperties": False,
        },
        "reboot": {"type": "null"},
        "change_password": {
            "type": "object",
            "properties": {"password": PASSWORD, "confirm_password": PASSWORD},
            "required": ["password", "confirm_password"],
            "additionalProperties": False,
        },
    }
)
ACTIONS = MappingProxyType(
    {"custom": "run_command", "reboot": "reboot", "change_password": "change_password"}
)
EVERYTHING: Mapping[str, str | Collection[str]] = MappingProxyType({"__all__": "*"})


def check_input(
    kind: str,
    value: Any,
    *,
    organization: str = "",
    enabled: Mapping[str, str | Collection[str]] = EVERYTHING,
) -> None:
    """Refuse an input that OpenWISP refuses, in its words.

    `enabled` maps an organization's id, or `__all__`, to the commands it may use, "*" for all.
    Raises BlockedError for a command that is not enabled and InputError for all else.
    """
    allowed = enabled.get(organization, enabled.get("__all__", ()))
    if kind not in SCHEMAS or (allowed != "*" and kind not in allowed):
        raise BlockedError(f'"{kind}" command is not available for this organization')
    validate(SCHEMAS[kind], value)
    if kind == "change_password" and value["password"] != value["confirm_password"]:
        raise InputError("The two passwords differ.", "Type the same password twice.")
