"""The archive of a configuration: the same files give the same bytes, on every machine and day.

OpenWISP's layout (`etc/config/<package>`, no leading slash). The bytes whose md5 is the checksum
are the bytes that are kept and sent: another zlib may compress the same files differently.
"""

from __future__ import annotations

import gzip
import tarfile
from hashlib import md5
from io import BytesIO

from owtui.engine.configs.model import File, Files
from owtui.errors import InputError

LEVEL = 9


def pack(files: Files) -> bytes:
    """A tar.gz of these files; sorted, without times and owners."""
    inner = BytesIO()
    with tarfile.open(fileobj=inner, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(files):
            info = tarfile.TarInfo(path.removeprefix("/"))
            info.size = len(files[path].data)  # bytes: netjsonconfig counts characters
            info.mode = files[path].mode
            tar.addfile(info, BytesIO(files[path].data))
    outer = BytesIO()
    # Not gzip.compress(): what it writes into the header differs from one Python to the next.
    with gzip.GzipFile("", "wb", LEVEL, outer, mtime=0) as zipped:
        zipped.write(inner.getvalue())
    return outer.getvalue()


def unpack(archive: bytes) -> dict[str, File]:
    """The files of an archive by absolute path. Raises InputError for what is none."""
    try:
        with tarfile.open(fileobj=BytesIO(archive), mode="r:gz") as tar:
            found = {}
            for member in tar.getmembers():
                inside = tar.extractfile(member)
                if inside is not None:
                    path = "/" + member.name.removeprefix("./").lstrip("/")
                    found[path] = File(inside.read(), member.mode & 0o7777)
            return found
    except (tarfile.TarError, OSError, EOFError) as error:
        raise InputError(f"This is no archive of a configuration: {error}.") from None


def checksum(archive: bytes) -> str:
    """OpenWISP's checksum of a configuration: md5, in hexadecimal."""
    return md5(archive, usedforsecurity=False).hexdigest()
