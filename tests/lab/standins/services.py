"""The services of a lab device: what there is in /etc/init.d, and what of it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

SERVICES = "/var/run/lab-services"
"""What /etc/rc.common keeps of each running service: its pid, and its command."""


def names() -> list[str]:
    return sorted(path.name for path in Path("/etc/init.d").iterdir())


def pid_of(name: str) -> int:
    file = Path(f"{SERVICES}/{name}")
    pid = int(file.read_text() or 0) if file.exists() else 0
    return pid if pid and Path(f"/proc/{pid}").exists() else 0


def instance(name: str, pid: int) -> dict[str, Any]:
    command = Path(f"{SERVICES}/{name}.command").read_text().strip()
    return {"running": True, "pid": pid, "command": [command], "term_timeout": 5}
