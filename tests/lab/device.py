"""A lab device: real dropbear and real busybox ash in namespaces of their own.

The device is one process tree under `unshare`; ending that one process ends all of it, and its
files live only in its mount namespace, so a killed test run leaves neither processes nor mounts.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import selectors
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import IO

from tests.lab import config, image
from tests.lab.hostkeys import HostKeys
from tests.tools import missing, tool

START_S = 60.0
"""Deadline for a device to listen: 0.2 s is usual, a loaded machine takes longer."""

NOBODY = "nobody:*:65534:65534:nobody:/var:/bin/false"

REACHING_OUT = "mknod net_admin sys_admin sys_boot sys_module sys_ptrace sys_rawio sys_time"
"""Capabilities no session has: a device shares the host's network, kernel and devices."""

SESSION = "'dropbear.* -2 [0-9]+$'"
"""For pgrep -f in a device: the processes that serve one connection each."""

IN_ITS_TIME = """
time=/proc/$(cat /lab/run/procd)/ns/time
[ ! -e "$time" ] || exec /lab/bin/nsenter --time="$time" /bin/ash -c "$1"
exec /bin/ash -c "$1"
"""
"""Runs $1 with the uptime of the device's boot, of the host while it boots."""

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class LabSpec:
    """How one lab device differs from the next.

    `password=None` locks the password (keys only). "" is a factory device: as on OpenWrt the server
    admits root before it looks at any password, so each one "works".
    Sizes are bytes of real tmpfs; `away_s` is how long a reboot keeps the device off the network.
    """

    hostname: str = "OpenWrt"
    model: str = "TP-Link Archer C6 v3"
    board_name: str = "tplink,archer-c6-v3"
    release: str = "24.10.6"
    mac: str = "5c:a6:e6:10:01:00"
    memory_bytes: int = 127926272
    password: str | None = "labpass"
    authorized_keys: tuple[str, ...] = ()
    tmp_bytes: int = 60 * 1024 * 1024
    overlay_bytes: int = 12 * 1024 * 1024
    shutdown_s: float = 0.3
    away_s: float = 0.5
    reload_s: float = 0.3
    config: dict[str, str] = field(default_factory=dict)
    """Files of /etc/config that replace those of the image, by package name."""


class LabDevice:
    """One running device; a context manager, entered when its server listens.

    `instead_of` is a stopped device whose address and port it takes, with keys of its own.
    address, port: where dropbear listens, on a 127.x.y.z of the device's own
    host_keys: its key pair, for known_hosts and for the proof that the listener is this device
    boot_id: of the current boot; `wait_boot` updates it after a reboot
    """

    def __init__(self, spec: LabSpec | None = None, instead_of: LabDevice | None = None) -> None:
        self.spec = spec or LabSpec()
        self.address = instead_of.address if instead_of else own_address()
        self.port = instead_of.port if instead_of else 0
        self.boot_id = ""
        self.host_keys = HostKeys.generate()
        self._process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  # closed in stop()
        self._lines = b""

    def __enter__(self) -> LabDevice:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Unpack, boot and wait until the device's own dropbear listens."""
        mode = namespaces()
        self._process = subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "KILL"),
                *mode.unshare,
                *("sh", str(image.HERE / "setup.sh")),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env={
                "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                "LAB_OVERLAY_BYTES": str(self.spec.overlay_bytes),
                "LAB_STDLIB": str(image.STDLIB),
                "LAB_PYTHON": image.PYTHON,
            },
        )
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError), self._process.stdin as pipe:
            pipe.write(self._image(mode).tar())
        self.wait_boot()

    def wait_boot(self, timeout: float = START_S) -> str:
        """Wait until the device listens (again) and return its new boot id.

        Raises AssertionError with the device's own log when it ends or takes too long.
        """
        deadline = time.monotonic() + timeout
        while not (line := self._line(deadline)).startswith("up "):
            continue
        _, port, self.boot_id = line.split()
        assert self.port in (0, int(port)), f"came back on port {port}, not {self.port}"
        self.port = int(port)
        return self.boot_id

    def wait_down(self, timeout: float = START_S) -> None:
        """Wait until a reboot has killed every process of the device."""
        deadline = time.monotonic() + timeout
        while self._line(deadline) != "down":
            continue

    def stop(self) -> None:
        """End every process of the device and wait until the last one is gone."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.kill()
        process.wait()
        assert process.stdout is not None
        with process.stdout as pipe:
            pipe.read()  # its end: the whole pid namespace has let go
        self._log.close()

    def inside(self, command: str, input: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command line in the device past SSH: how a test looks behind the engine's back."""
        return subprocess.run(
            [
                *(*namespaces().nsenter, "--target", str(self.init_pid)),
                *("/bin/ash", "-c", IN_ITS_TIME, "ash", command),
            ],
            input=input,
            capture_output=True,
            text=True,
            timeout=START_S,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "USER": "root"},
        )

    def hang(self) -> None:
        """Freeze the servers of all sessions: their clients hear nothing more, not even an end.

        That is what a network reload does to the session it came through (openwrt.md, SSH).
        """
        frozen = self.inside(f"for pid in $(pgrep -f {SESSION}); do kill -STOP $pid; done")
        assert frozen.returncode == 0, frozen.stderr

    def known_hosts(self) -> bytes:
        """Return this device's keys as the text of a known_hosts file."""
        host = f"[{self.address}]:{self.port}"
        return "".join(f"{host} {key}\n" for key in self.host_keys.public()).encode()

    @property
    def init_pid(self) -> int:
        """Pid of the device's PID 1, as the host counts."""
        assert self._process is not None, "the device is not running"
        pid = self._process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])

    def log(self) -> str:
        """Return what dropbear and the device's init have said so far."""
        self._log.seek(0)
        return self._log.read().decode(errors="replace")

    def _line(self, deadline: float) -> str:
        """Return the next line of init's protocol."""
        assert self._process is not None and self._process.stdout is not None
        stream = self._process.stdout
        with selectors.DefaultSelector() as ready:
            ready.register(stream, selectors.EVENT_READ)
            while b"\n" not in self._lines:
                left = deadline - time.monotonic()
                assert left > 0 and ready.select(left), f"the device is late:\n{self.log()}"
                data = os.read(stream.fileno(), 4096)
                assert data, f"the device ended:\n{self.log()}"
                self._lines += data
        line, _, self._lines = self._lines.partition(b"\n")
        return line.decode()

    def _image(self, mode: Namespaces) -> image.Image:
        """Return the shared image with this device's own files."""
        shared = image.base()
        own = image.Image(dict(shared.files), dict(shared.links))
        spec = self.spec
        for path, content in self.host_keys.files().items():
            own.add(path, content, 0o600)
        own.add("/etc/dropbear/authorized_keys", "".join(f"{k}\n" for k in spec.authorized_keys))
        own.links["/root/.ssh"] = "/etc/dropbear"  # where OpenWrt's dropbear looks for root's keys
        for path, (text, file_mode) in config.files(spec).items():
            own.add(path, text, file_mode)
        own.links |= config.enabled_services()
        own.add("/etc/shadow", _shadow(spec.password), 0o600)
        own.add("/etc/passwd", f"root:x:{mode.uid}:{mode.uid}:root:/root:/bin/ash\n{NOBODY}\n")
        settings = {
            "LAB_ADDRESS": self.address,
            "LAB_PORT": str(self.port),
            "LAB_TMP_BYTES": str(spec.tmp_bytes),
            "LAB_SHUTDOWN_S": str(spec.shutdown_s),
            "LAB_AWAY_S": str(spec.away_s),
            "LAB_RELOAD_S": str(spec.reload_s),
            "LAB_LOGIN_NS": mode.login,
            "LAB_CONFINE": mode.confine,
        }
        own.add("/lab/spec", "".join(f"{name}='{value}'\n" for name, value in settings.items()))
        return own


@dataclass(frozen=True, slots=True)
class Namespaces:
    """How this machine lets us isolate: the commands, and the uid that root has in a session."""

    unshare: tuple[str, ...]
    nsenter: tuple[str, ...]
    login: str
    """Further options of the unshare that each boot makes."""
    confine: str
    """Prefix of dropbear that takes from its sessions what reaches out of a device."""
    uid: int


@lru_cache(maxsize=1)
def namespaces() -> Namespaces:
    """Return the strongest set-up that works here, root first; skip the test where none does.

    Without root the server runs in a second, nested user namespace in which root is uid 1000: in
    one with uid 0 alone dropbear ends with "Error changing user group".
    """
    tool("dropbear", "dropbear-bin")
    unshare = ("unshare", "--mount", "--pid", "--uts", "--fork", "--kill-child")
    enter = ("nsenter", "--mount", "--pid", "--uts", "--root", "--wd")
    dropped = ",".join(f"-{name}" for name in REACHING_OUT.split())
    asroot = Namespaces(unshare, enter, "", f"/lab/bin/setpriv --bounding-set={dropped}", 0)
    nested = Namespaces(
        (*unshare, "--user", "--map-root-user"),
        ("nsenter", "--user", "--preserve-credentials", *enter[1:]),
        "--user --map-user=1000 --map-group=1000",
        "",
        1000,
    )
    for mode in (asroot, nested):
        probe = [*mode.unshare, "sh", "-c", "mount -t tmpfs lab /mnt && unshare --time true"]
        if subprocess.run(probe, capture_output=True).returncode == 0:
            return mode
    missing("mount, pid and time namespaces", "run as root, or allow user namespaces")


def own_address() -> str:
    """Return a loopback address no other device of this machine uses: from pid and a counter."""
    pid, number = os.getpid(), next(_numbers)
    return f"127.{64 + pid // 254 % 64}.{1 + pid % 254}.{1 + number % 254}"


def _shadow(password: str | None) -> str:
    """Return /etc/shadow with the password as busybox's passwd would hash it (MD5 crypt)."""
    hashed = "*" if password is None else ""
    if password:
        hashed = subprocess.run(
            [tool("busybox", "busybox"), "mkpasswd", "-m", "md5", "-P", "0"],
            input=password,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
    return f"root:{hashed}:19700:0:99999:7:::\ndaemon:*:0:0:99999:7:::\nnobody:*:0:0:99999:7:::\n"
