"""What /proc/PID holds, from a row of the process table; nothing is made before it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from .processes import Process

if TYPE_CHECKING:
    from .device import Device

_PATH = re.compile(r"/proc/([1-9]\d*)(?:/(\w+))?")
_PAGE_KIB = 4
_FLAGS = 0x400100  # as most user processes show


class ProcessFiles:
    """The files of all processes of a device, by path. Raises KeyError for any other path."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._makers: dict[str, Callable[[Process], str]] = {
            "cmdline": lambda process: _ended(process.argv),
            "comm": lambda process: _comm(process) + "\n",
            "environ": lambda process: _ended(f"{k}={v}" for k, v in process.environ.items()),
            "stat": _stat,
            "status": self._status,
        }

    def __getitem__(self, path: str) -> Callable[[], bytes]:
        found = _PATH.fullmatch(path)
        process = self._device.processes.get(int(found[1])) if found else None
        if found is None or process is None or found[2] not in self._makers:
            raise KeyError(path)
        make = self._makers[found[2]]
        return lambda: make(process).encode("utf-8", "surrogateescape")

    def below(self, folder: str) -> Iterator[str]:
        """Return the paths of all files in /proc or in the folder of a process."""
        table = self._device.processes
        rows: Iterable[Process] = table
        if found := _PATH.fullmatch(folder):
            one = table.get(int(found[1]))
            rows = [one] if one is not None and found[2] is None else []
        elif folder != "/proc":
            return
        for process in rows:
            yield from (f"/proc/{process.pid}/{name}" for name in self._makers)

    def _status(self, process: Process) -> str:
        user = self._user(process.user)
        rows = {
            "Name": _comm(process),
            "Umask": f"{self._device.umask:04o}",
            "State": "S (sleeping)",
            "Tgid": process.pid,
            "Ngid": 0,
            "Pid": process.pid,
            "PPid": process.parent,
            "TracerPid": 0,
            "Uid": "\t".join([user] * 4),
            "Gid": "\t".join([user] * 4),
            "VmSize": f"{process.size_kib:8d} kB",
            "VmRSS": f"{process.size_kib // 2:8d} kB",
            "Threads": 1,
        }
        return "".join(f"{name}:\t{value}\n" for name, value in rows.items())

    def _user(self, name: str) -> str:
        """The id of a user, which is that of its group too."""
        node = self._device.files.find("/etc/passwd")
        text = node.data.decode(errors="replace") if node is not None else ""
        fields = (line.split(":") for line in text.splitlines())
        return next((f[2] for f in fields if f[0] == name and len(f) > 2), "0")


def _ended(words: Iterable[str]) -> str:
    return "".join(word + "\0" for word in words)


def _comm(process: Process) -> str:
    return process.name.lstrip("-")[:15]


def _stat(process: Process) -> str:
    """The fields of proc_pid_stat(5) up to rss, the rest 0; nobody is told a start time."""
    pid, size = process.pid, process.size_kib
    first = f"{pid} ({_comm(process)}) S {process.parent} {pid} {pid} 0 -1 {_FLAGS}"
    middle = "0 0 0 0 0 0 0 0 20 0 1 0 0"
    return f"{first} {middle} {size * 1024} {size // 2 // _PAGE_KIB}" + " 0" * 28 + "\n"
