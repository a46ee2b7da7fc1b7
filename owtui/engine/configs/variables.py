"""Variables in configurations: `{{ name }}`, in texts only, replaced once.

OpenWISP's syntax. netjsonconfig's own evaluation reads the value as a replacement pattern, which
eats backslashes; ours puts in what the value is.
"""

from __future__ import annotations

import re
from typing import Any

from owtui.engine.configs.model import Json, Subject

PATTERN = re.compile(r"\{\{\s*(\w+)\s*\}\}")


def context_of(subject: Subject, *, system: bool = False) -> dict[str, Any]:
    """Every variable of a device with its value, by OpenWISP's documented order.

    Highest first: the device's own, the predefined ones, group, organization, global, the
    templates' default values, of which later ones win. `system` leaves the device's own out.
    """
    context: dict[str, Any] = {}
    for layer in subject.layers:
        context |= layer.default_values
    contexts = subject.contexts
    context |= contexts.global_
    context |= contexts.organization
    context |= contexts.group
    context |= predefined(subject)
    return context if system else {**context, **contexts.device}


def predefined(subject: Subject) -> dict[str, str]:
    """What every device has without anybody saying so."""
    found = {
        "id": str(subject.device_id),
        "key": subject.key,
        "name": subject.name,
        "mac_address": subject.mac_address,
    }
    return found | ({"hardware_id": subject.hardware_id} if subject.hardware_id else {})


def names(value: Any) -> set[str]:
    """The variables that a configuration uses."""
    if isinstance(value, str):
        return set(PATTERN.findall(value)) if "{{" in value else set()
    if isinstance(value, dict):
        return set().union(*map(names, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(names, value)) if value else set()
    return set()


def evaluate(value: Any, context: Json) -> Any:
    """Put the values in; what nothing defines is left as it stands.

    Unlike the library's this copies: what is given stays as it was.
    """
    if isinstance(value, str):
        if "{{" not in value:
            return value
        return PATTERN.sub(lambda found: _said(found, context), value)
    if isinstance(value, dict):
        return {key: evaluate(inner, context) for key, inner in value.items()}
    if isinstance(value, list):
        return [evaluate(inner, context) for inner in value]
    return value


def _said(found: re.Match[str], context: Json) -> str:
    name = found[1]
    return str(context[name]) if name in context else found[0]
