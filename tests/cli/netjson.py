"""Files of NetJSON for the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SECRET = "hush-hush-1"


def banner(text: str, path: str = "/etc/banner") -> dict[str, Any]:
    """A configuration of one file."""
    return {"files": [{"path": path, "mode": "0644", "contents": f"{text}\n"}]}


def wifi(ssid: str = "lobby", key: str = SECRET) -> dict[str, Any]:
    """A configuration of one access point with a secret."""
    wireless = {
        "radio": "radio0",
        "mode": "access_point",
        "ssid": ssid,
        "encryption": {"protocol": "wpa2_personal", "key": key},
    }
    return {"interfaces": [{"name": "wlan0", "type": "wireless", "wireless": wireless}]}


def write(folder: Path, config: Any, name: str = "file.json") -> Path:
    """Write it as JSON; returns the file."""
    file = folder / name
    file.write_text(json.dumps(config))
    return file
