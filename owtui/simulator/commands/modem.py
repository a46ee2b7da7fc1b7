"""mmcli of a ModemManager with one modem, which is registered and has no interface in UCI.

It prints every value as text and "--" for none, as the real one does.
"""

from __future__ import annotations

import json
import math
from typing import Any

from ..device import Device
from ..shell.call import Call, program

_MODEM = "/org/freedesktop/ModemManager1/Modem/0"
_KINDS = {
    "5g": ("rsrp", "rsrq", "snr"),
    "cdma1x": ("ecio", "rssi"),
    "evdo": ("ecio", "io", "rssi", "sinr"),
    "gsm": ("rssi",),
    "lte": ("rsrp", "rsrq", "rssi", "snr"),
    "umts": ("ecio", "rscp", "rssi"),
}


@program("/usr/bin/mmcli", package="modemmanager")
async def mmcli(call: Call) -> int:
    words = [word for word in call.args if not word.startswith("--timeout")]
    as_json = "-J" in words or "--output-json" in words
    if "-L" in words or "--list-modems" in words:
        listed = json.dumps({"modem-list": [_MODEM]}, separators=(",", ":"))
        await call.out(f"{listed}\n" if as_json else f"    {_MODEM} [Quectel] EM12-G\n")
        return 0
    wanted = words[words.index("-m") + 1] if "-m" in words[:-1] else ""
    if wanted not in (_MODEM, "0", "any"):
        return await call.fail(f"error: couldn't find modem: '{wanted}'")
    if not as_json:
        return await call.fail("error: only -J is simulated")
    told = _signal(call.device) if "--signal-get" in words else _modem(call.device)
    await call.out(json.dumps({"modem": told}, separators=(",", ":")) + "\n")
    return 0


def _modem(device: Device) -> dict[str, Any]:
    imei = f"8697100301{device.identity.index:05d}"
    return {
        "3gpp": {
            "imei": imei,
            "operator-code": "26201",
            "operator-name": "Telekom.de",
            "registration-state": "home",
        },
        "dbus-path": _MODEM,
        "generic": {
            "access-technologies": ["lte"],
            "equipment-identifier": imei,
            "manufacturer": "Quectel",
            "model": "EM12-G",
            "ports": ["cdc-wdm0 (mbim)", "ttyUSB2 (at)", "wwan0 (net)"],
            "power-state": "on",
            "signal-quality": {"recent": "yes", "value": "58"},
            "state": "registered",
        },
    }


def _signal(device: Device) -> dict[str, Any]:
    """Only LTE is there; it swings by some dB within a quarter of an hour."""
    swing = 4 * math.sin(device.uptime() / 140 + device.identity.index)
    lte = {"rsrp": -95 + swing, "rsrq": -10.5 + swing / 4, "rssi": -66 + swing, "snr": 14 + swing}
    signal: dict[str, Any] = {kind: dict.fromkeys(keys, "--") for kind, keys in _KINDS.items()}
    signal["lte"] = {key: f"{value:.2f}" for key, value in lte.items()}
    return {"signal": signal | {"refresh": {"rate": "10"}}}
