"""The ubus objects of a lab device, answering from its files and its configuration.

Field names, their order and the types are those of the captures; values are the device's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import netifd, procd, services
from .uci import Uci, UciError
from .uci_file import Package, Section, quoted

Message = dict[str, Any]
Answer = Message | None


class StatusError(Exception):
    """A ubus status other than 0 (2 bad argument, 3 no method, 4 not found, 6 denied…)."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Bus:
    """All objects; methods are looked up by `object_method` with dots and dashes as underscores."""

    def signatures(self) -> dict[str, dict[str, dict[str, str]]]:
        """Return object → method → argument types, as `ubus list -v` shows them."""
        network: dict[str, dict[str, str]] = {"up": {}, "down": {}, "status": {}, "dump": {}}
        found: dict[str, dict[str, dict[str, str]]] = {
            "file": {
                "read": {"path": "String", "base64": "Boolean"},
                "stat": {"path": "String"},
                "exec": {"command": "String", "params": "Array", "env": "Table"},
            },
            "network": {"restart": {}, "reload": {}},
            "network.device": {"status": {"name": "String"}},
            "network.interface": dict(network),
            "network.wireless": {"status": {}},
            "rc": {"list": {"name": "String"}, "init": {"name": "String", "action": "String"}},
            "service": {
                "set": {"name": "String", "script": "String", "instances": "Table"},
                "list": {"name": "String", "verbose": "Boolean"},
                "delete": {"name": "String", "instance": "String"},
                "event": {"type": "String", "data": "Table"},
            },
            "session": {"login": {"username": "String", "password": "String"}},
            "system": {
                "board": {},
                "info": {},
                "reboot": {},
                "validate_firmware_image": {"path": "String"},
            },
            "uci": {
                "configs": {},
                "get": {"config": "String", "section": "String", "option": "String"},
                "set": {"config": "String", "section": "String", "values": "Table"},
                "add": {"config": "String", "type": "String", "name": "String", "values": "Table"},
                "delete": {"config": "String", "section": "String", "option": "String"},
                "changes": {"config": "String"},
                "revert": {"config": "String"},
                "commit": {"config": "String"},
                "reload_config": {},
            },
        }
        for name in netifd.interface_names():
            found[f"network.interface.{name}"] = dict(network)
        return found

    def call(self, path: str, method: str, message: Message) -> Answer:
        """Answer one call; StatusError where ubus would fail."""
        known = self.signatures()
        if path not in known:
            raise StatusError(4)
        if method not in known[path]:
            raise StatusError(3)
        types = {"String": str, "Boolean": bool, "Table": dict, "Array": list}
        for name, value in message.items():
            wanted = known[path][method].get(name)
            if wanted and not isinstance(value, types[wanted]):
                raise StatusError(2)
        if path.startswith("network.interface."):
            message, path = {**message, "interface": path.rpartition(".")[2]}, "network.interface"
        handler: Callable[[Message], Answer] = getattr(
            self, f"{path}_{method}".replace(".", "_"), lambda message: None
        )
        try:
            return handler(message)
        except UciError as error:
            raise StatusError(4 if "not found" in str(error) else 2) from None

    # system

    def system_board(self, message: Message) -> Answer:
        board: Message = json.loads(Path("/lab/board.json").read_text())
        return {**board, "kernel": board["kernel"], "hostname": os.uname().nodename}

    def system_info(self, message: Message) -> Answer:
        meminfo = {
            line.split()[0][:-1]: int(line.split()[1]) * 1024
            for line in Path("/proc/meminfo").read_text().splitlines()
        }
        total = json.loads(Path("/lab/device.json").read_text())["memory_bytes"]
        loads = Path("/proc/loadavg").read_text().split()[:3]
        return {
            "localtime": int(time.time()),
            "uptime": int(float(Path("/proc/uptime").read_text().split()[0])),
            "load": [int(float(load) * 65536) for load in loads],
            "memory": {
                "total": total,
                "free": total * meminfo["MemFree"] // meminfo["MemTotal"],
                "shared": 1560576,
                "buffered": 1069056,
                "available": total * meminfo["MemAvailable"] // meminfo["MemTotal"],
                "cached": 18841600,
            },
            "root": _space("/overlay"),
            "tmp": _space("/tmp"),
            "swap": {"total": 0, "free": 0},
        }

    def system_reboot(self, message: Message) -> Answer:
        subprocess.run(["/sbin/reboot"], check=True)
        return None

    def system_validate_firmware_image(self, message: Message) -> Answer:
        done = subprocess.run(
            ["/sbin/sysupgrade", "-T", str(_path(message))], capture_output=True, check=False
        )
        good = done.returncode == 0
        tests = {"fwtool_signature": True, "fwtool_device_match": good}
        return {"tests": tests, "valid": good, "forceable": True, "allow_backup": True}

    # network

    def network_interface_dump(self, message: Message) -> Answer:
        return {"interface": [netifd.interface(name) for name in netifd.interface_names()]}

    def network_interface_status(self, message: Message) -> Answer:
        if "interface" not in message:
            raise StatusError(2)
        status = netifd.interface(message["interface"])
        del status["interface"]
        return status

    def network_device_status(self, message: Message) -> Answer:
        devices = netifd.devices()
        if "name" not in message:
            return devices
        if message["name"] not in devices:
            raise StatusError(4)
        return dict(devices[message["name"]])

    def network_wireless_status(self, message: Message) -> Answer:
        return netifd.wireless()

    def network_reload(self, message: Message) -> Answer:
        return self.uci_reload_config(message)

    # services

    def service_list(self, message: Message) -> Answer:
        found: Message = {}
        for name in services.names():
            if message.get("name", name) != name:
                continue
            pid = services.pid_of(name)
            found[name] = {"instances": {"instance1": services.instance(name, pid)}} if pid else {}
        return found | procd.services(message.get("name"))

    def service_set(self, message: Message) -> Answer:
        if "name" not in message:
            raise StatusError(2)
        procd.start(message["name"], message.get("instances", {}))
        return None

    def service_delete(self, message: Message) -> Answer:
        if not procd.stop(str(message.get("name"))):
            raise StatusError(4)
        return None

    def service_event(self, message: Message) -> Answer:
        if "type" not in message or "data" not in message:
            raise StatusError(2)
        procd.event(message["type"], message["data"])
        return None

    def rc_list(self, message: Message) -> Answer:
        found: Message = {}
        for name in services.names():
            if message.get("name", name) != name:
                continue
            start = next(iter(Path("/etc/rc.d").glob(f"S??{name}")), None)
            found[name] = {
                **({"start": int(start.name[1:3])} if start else {}),
                "enabled": start is not None,
                "running": bool(services.pid_of(name)),
            }
        return found

    def rc_init(self, message: Message) -> Answer:
        name, action = message.get("name"), message.get("action")
        if not name or not action:
            raise StatusError(2)
        if name not in services.names():
            raise StatusError(4)
        subprocess.run([f"/etc/init.d/{name}", action], check=False)
        return None

    # files

    def file_read(self, message: Message) -> Answer:
        return {"data": _path(message).read_text(errors="replace")}

    def file_stat(self, message: Message) -> Answer:
        path = _path(message)
        info = path.stat()
        return {
            "path": str(path),
            "type": "directory" if path.is_dir() else "file",
            "size": info.st_size,
            "mode": info.st_mode,
            "atime": int(info.st_atime),
            "mtime": int(info.st_mtime),
            "ctime": int(info.st_ctime),
            "inode": info.st_ino,
            "uid": info.st_uid,
            "gid": info.st_gid,
        }

    def file_exec(self, message: Message) -> Answer:
        if "command" not in message:
            raise StatusError(2)
        try:
            done = subprocess.run(
                [message["command"], *message.get("params", [])],
                capture_output=True,
                text=True,
                env={**os.environ, **message.get("env", {})},
                check=False,
            )
        except OSError:
            raise StatusError(4) from None
        texts = {"stdout": done.stdout, "stderr": done.stderr}
        return {"code": done.returncode, **{k: v for k, v in texts.items() if v}}

    # sessions

    def session_login(self, message: Message) -> Answer:
        if "username" not in message or "password" not in message:
            raise StatusError(2)
        stored = Path("/etc/shadow").read_text().split("\n")[0].split(":")[1]
        if message["username"] != "root" or not _admits(stored, message["password"]):
            raise StatusError(6)
        return {"ubus_rpc_session": os.urandom(16).hex(), "timeout": 300, "expires": 300}

    # uci, in the staging area of the command line: no session, so rpcd uses /tmp/.uci too

    def uci_configs(self, message: Message) -> Answer:
        return {"configs": Uci().names()}

    def uci_get(self, message: Message) -> Answer:
        package = _package(message)
        if "section" not in message:
            values = {s.name: _values(package, s) for s in package.sections}
            return {"values": values}
        section = _section(package, message)
        if "option" not in message:
            return {"values": _values(package, section)}
        if message["option"] not in section.options:
            raise StatusError(4)
        return {"value": section.options[message["option"]]}

    def uci_set(self, message: Message) -> Answer:
        package = _package(message)
        _stage(package, _section(package, message).name, message.get("values", {}))
        return None

    def uci_add(self, message: Message) -> Answer:
        package = _package(message)
        if "type" not in message:
            raise StatusError(2)
        section = package.add(message["type"], message.get("name"))
        mark = "+" if section.anonymous else ""
        line = f"{mark}{package.name}.{section.name}={quoted(section.type)}"
        Uci().stage(package.name, line)
        _stage(package, section.name, message.get("values", {}))
        return {"section": section.name}

    def uci_delete(self, message: Message) -> Answer:
        package = _package(message)
        path = f"{package.name}.{_section(package, message).name}"
        Uci().delete(f"{path}.{message['option']}" if "option" in message else path)
        return None

    def uci_changes(self, message: Message) -> Answer:
        uci = Uci()
        names = [message["config"]] if "config" in message else uci.names()
        staged = {name: uci.delta(name) for name in names}
        return {"changes": {name: lines for name, lines in staged.items() if lines}}

    def uci_revert(self, message: Message) -> Answer:
        Uci().revert(_package(message).name)
        return None

    def uci_commit(self, message: Message) -> Answer:
        Uci().commit(_package(message).name)
        return None

    def uci_reload_config(self, message: Message) -> Answer:
        subprocess.run(["/sbin/reload_config"], check=True)
        return None


def _space(path: str) -> dict[str, int]:
    """Return a file system's size in KiB, as procd reports it."""
    stat = os.statvfs(path)
    block = stat.f_frsize
    total, free = stat.f_blocks * block // 1024, stat.f_bfree * block // 1024
    return {
        "total": total,
        "free": free,
        "used": total - free,
        "avail": stat.f_bavail * block // 1024,
    }


def _path(message: Message) -> Path:
    if "path" not in message:
        raise StatusError(2)
    path = Path(message["path"])
    if not path.exists():
        raise StatusError(4)
    return path


def _admits(stored: str, password: str) -> bool:
    """Compare as login does; a device without a root password lets any in (openwrt.md)."""
    if not stored:
        return True
    salt = stored.split("$")[2] if stored.count("$") >= 3 else ""
    made = subprocess.run(
        ["/bin/busybox", "mkpasswd", "-m", "md5", "-P", "0", "-S", salt],
        input=password,
        capture_output=True,
        text=True,
        check=False,
    )
    return made.stdout.strip() == stored


def _package(message: Message) -> Package:
    if "config" not in message:
        raise StatusError(2)
    return Uci().load(message["config"])


def _section(package: Package, message: Message) -> Section:
    if "section" not in message:
        raise StatusError(2)
    section = package.find(message["section"])
    if section is None:
        raise StatusError(4)
    return section


def _values(package: Package, section: Section) -> Message:
    return {
        ".anonymous": section.anonymous,
        ".type": section.type,
        ".name": section.name,
        ".index": package.sections.index(section),
        **section.options,
    }


def _stage(package: Package, section: str, values: Message) -> None:
    lines: list[str] = []
    for option, value in values.items():
        path = f"{package.name}.{section}.{option}"
        if isinstance(value, list):
            lines.append(f"-{path}")
            lines += [f"|{path}={quoted(str(item))}" for item in value]
        else:
            lines.append(f"{path}={quoted(str(value))}")
    Uci().stage(package.name, *lines)
