"""The `mobile` object of an interface, out of what ModemManager's mmcli tells in JSON.

mmcli writes every value as text and "--" for none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from owtui.engine.monitoring.documentschema import TECHNOLOGIES
from owtui.engine.openwrt.answer import Answer

_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?\Z")
_IMEI = re.compile(r"[0-9]{15,17}\Z")
_OPERATOR = re.compile(r"[0-9]{4,6}\Z")
_PORT = re.compile(r"(\S+) \(net\)\Z")


@dataclass(frozen=True, slots=True)
class Modem:
    """A modem: the network devices among its ports, and its object where it has all of it."""

    ports: tuple[str, ...]
    mobile: dict[str, Any] = field(default_factory=dict)


def modems(told: Iterable[Answer]) -> Iterator[Modem]:
    """Put the answers of mmcli together: one of each modem, one of its signal behind it."""
    about: list[tuple[Answer, Answer]] = []
    for answer in told:
        modem = answer["modem"]
        if modem["generic"]:
            about.append((modem, Answer()))
        elif modem["signal"] and about:
            about[-1] = (about[-1][0], modem["signal"])
    for modem, signal in about:
        found = (_PORT.match(port.text) for port in modem["generic"]["ports"])
        yield Modem(tuple(port[1] for port in found if port), _mobile(modem, signal))


def _mobile(modem: Answer, signal: Answer) -> dict[str, Any]:
    """Nothing for a modem without IMEI or operator, which NetJSON does not do without."""
    generic, network = modem["generic"], modem["3gpp"]
    imei = _said(network["imei"])
    if not _IMEI.match(imei) or not imei.strip("0"):
        imei = _said(generic["equipment-identifier"])
    operator = _said(network["operator-code"])
    if not _IMEI.match(imei) or not _OPERATOR.match(operator):
        return {}
    return {
        "imei": imei,
        "operator_code": operator,
        "operator_name": _said(network["operator-name"]),
        "connection_status": _said(generic["state"]),
        "power_status": _said(generic["power-state"]),
        "manufacturer": _said(generic["manufacturer"]),
        "model": _said(generic["model"]),
        "signal": dict(_signal(signal)),
    }


def _signal(signal: Answer) -> Iterator[tuple[str, dict[str, float]]]:
    """Each technology that tells what NetJSON asks of it."""
    for name, shape in TECHNOLOGIES.items():
        said = {key: _said(signal[name][key]) for key in shape["properties"]}
        values = {key: float(word) for key, word in said.items() if _NUMBER.match(word)}
        if values and set(shape.get("required", ())) <= values.keys():
            yield name, values


def _said(value: Answer) -> str:
    text = value.text.strip()
    return "" if text == "--" else text
