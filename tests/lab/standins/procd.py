"""procd's `service` object: instances that come back when they are killed, and events."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

Message = dict[str, Any]

SET = Path("/var/run/lab-procd")
"""A folder a service and instance: its command, the pid of its keeper and its own."""

EVENTS = Path("/var/run/lab-events")
"""PID 1 applies the packages that have a file here."""

NOBODYS = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
"""procd's children inherit nothing of the session that asked for them."""


def start(name: str, instances: Message) -> None:
    """Put a service in place of what there was of that name; returns when it runs."""
    stop(name)
    for instance, wanted in instances.items():
        folder = SET / name / instance
        folder.mkdir(parents=True)
        (folder / "command").write_text(json.dumps(wanted["command"]))
        respawn = wanted.get("respawn")
        delay = respawn[1] if respawn else "never"
        keeper = subprocess.Popen(
            ["/lab/respawn", str(folder), delay, *wanted["command"]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=NOBODYS,
        )
        (folder / "keeper").write_text(str(keeper.pid))
        while not (folder / "pid").exists() and keeper.poll() is None:
            time.sleep(0.005)


def stop(name: str) -> bool:
    """End a service that was set; False when there is none."""
    known = (SET / name).is_dir()
    for folder in (SET / name).glob("*"):
        for file in ("keeper", "pid"):
            _kill(_pid(folder / file))
    shutil.rmtree(SET / name, ignore_errors=True)
    return known


def services(name: str | None) -> Message:
    """Return `service list` of what was set."""
    found: Message = {}
    for folder in sorted(SET.glob(f"{name or '*'}/*")):
        pid = _pid(folder / "pid")
        running = bool(pid) and Path(f"/proc/{pid}").exists()
        entry: Message = {"running": running, **({"pid": pid} if running else {})}
        entry["command"] = json.loads((folder / "command").read_text())
        found.setdefault(folder.parent.name, {"instances": {}})["instances"][folder.name] = entry
    return found


def event(type: str, data: Message) -> None:
    """Tell of a `config.change`; what follows it acts a moment later."""
    if type == "config.change" and data.get("package"):
        (EVENTS / str(data["package"])).touch()
        os.kill(1, signal.SIGUSR1)


def _pid(file: Path) -> int:
    return int(file.read_text() or 0) if file.exists() else 0


def _kill(pid: int) -> None:
    try:
        if pid:
            os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
