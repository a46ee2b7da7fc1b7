"""What a lab device is made of: one tar, as a firmware image is one file.

It is built in memory and unpacked inside the device's own mount namespace, so that no path of the
host is written to. Programs come from the host with the libraries they need.
"""

from __future__ import annotations

import io
import marshal
import re
import subprocess
import sysconfig
import tarfile
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import MAGIC_NUMBER
from pathlib import Path

from tests.lab.applets import links
from tests.tools import tool

HERE = Path(__file__).parent
PYTHON = f"python{sysconfig.get_python_version()}"
STDLIB = Path(sysconfig.get_path("stdlib"))

SESSION_PATH = b"/usr/sbin:/usr/bin:/sbin:/bin\0"
DEBIAN_PATHS = (
    b"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\0",
    b"/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games\0",
)
"""PATH of root's and of others' sessions, compiled into Debian's dropbear; OpenWrt's is another."""

FOLDERS = """
dev etc etc/config etc/dropbear etc/init.d lab lab/bin lab/lib lab/py lab/run lib lib64 overlay proc
rom root sys tmp usr usr/lib www
"""


@dataclass(slots=True)
class Image:
    """Files (path to content and mode) and links (path to target) of a root file system."""

    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def add(self, path: str, content: bytes | str, mode: int = 0o644) -> None:
        data = content.encode() if isinstance(content, str) else content
        self.files[path] = (data, mode)

    def tar(self) -> bytes:
        """Return the image as a tar that busybox unpacks."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
            for folder in (*FOLDERS.split(), f"lab/lib/{PYTHON}"):
                entry = tarfile.TarInfo(folder)
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
            for path, (data, mode) in self.files.items():
                entry = tarfile.TarInfo(path.lstrip("/"))
                entry.size, entry.mode = len(data), mode
                archive.addfile(entry, io.BytesIO(data))
            for path, target in self.links.items():
                entry = tarfile.TarInfo(path.lstrip("/"))
                entry.type, entry.linkname, entry.mode = tarfile.SYMTYPE, target, 0o777
                archive.addfile(entry)
        return buffer.getvalue()


@lru_cache(maxsize=1)
def programs() -> dict[str, tuple[bytes, int]]:
    """Return the host's programs a device runs, with their libraries, as image files.

    flock is util-linux's (Debian's busybox has none); unshare makes the time namespaces.
    """
    python = Path(sysconfig.get_config_var("BINDIR")) / PYTHON
    wanted = {
        "/bin/busybox": tool("busybox", "busybox"),
        "/usr/sbin/dropbear": tool("dropbear", "dropbear-bin"),
        "/usr/bin/dropbearkey": tool("dropbearkey", "dropbear-bin"),
        "/usr/bin/flock": tool("flock", "util-linux"),
        "/lab/bin/setpriv": tool("setpriv", "util-linux"),
        "/lab/bin/unshare": tool("unshare", "util-linux"),
        "/lab/bin/nsenter": tool("nsenter", "util-linux"),
        "/lab/bin/python3": str(python),
    }
    files: dict[str, tuple[bytes, int]] = {}
    for target, source in wanted.items():
        content = Path(source).read_bytes()
        for path in DEBIAN_PATHS:
            content = content.replace(path, SESSION_PATH.ljust(len(path), b"\0"))
        files[target] = (content, 0o755)
        for library in _libraries(source):
            where = library if library.startswith("/lib64/") else f"/lib/{Path(library).name}"
            files[where] = (Path(library).read_bytes(), 0o755)
    return files


def _libraries(program: str) -> list[str]:
    """Return the paths of the shared libraries (and the loader) that ldd names; none if static."""
    listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return re.findall(r"(?:=>\s+|^\s+)(/\S+)", listed, flags=re.MULTILINE)


@lru_cache(maxsize=1)
def base() -> Image:
    """Return what all devices share: programs, applet links, stand-ins."""
    image = Image(files=dict(programs()), links=links())
    image.links |= {"/var": "/tmp", "/etc/resolv.conf": "/tmp/resolv.conf"}
    image.add("/lab/init", (HERE / "init.sh").read_bytes(), 0o755)
    rootfs = HERE / "rootfs"
    for source in sorted(rootfs.rglob("*")):
        if source.is_file():
            path = f"/{source.relative_to(rootfs)}"
            executable = source.read_bytes().startswith(b"#!")
            image.add(path, source.read_bytes(), 0o755 if executable else 0o644)
    for source in sorted((HERE / "standins").glob("*.py")):
        # Compiled: a device starts these programs hundreds of times and has no cache to write to.
        code = marshal.dumps(compile(source.read_bytes(), source.name, "exec"))
        image.add(f"/lab/py/lab/{source.stem}.pyc", MAGIC_NUMBER + bytes(12) + code)
    return image
