"""What a firmware image says of itself: form, sizes, metadata and signature at its end.

Pure over bytes. The trailer is that of OpenWrt's fwtool (package/system/fwtool/src/fwimage.h and
fwtool.c): blocks one after another at the end of the file, read backwards, each

    data | magic "FWx0" | crc32 | type, 3 bytes of padding | size

big-endian, where `size` counts data and trailer (16 bytes) and type 0 is a signature, 1 metadata
(JSON behind a header of 8 bytes whose version is 0). The CRC runs over everything before the
trailer from ~0 and is **not** inverted at the end, so that it is ~zlib.crc32. scripts/metadata.mk
and include/image-commands.mk append metadata first and the signature, which covers it, after it.
An image compressed with gzip has the same blocks behind its stream, which gunzip overlooks.
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from owtui.errors import InputError

MOST_BYTES = 64 << 20
"""No larger file is looked at, whatever the settings allow."""

_TAIL = 160 << 10  # holds every block that fwtool would write, and some
_HEAD = 4096
_CHUNK = 256 << 10
_TRAILER = struct.Struct(">4sIB3xI")
_HEADER = struct.Struct(">II")
_MAGIC = b"FWx0"
_LONGEST_DATA = 32 << 10  # fwtool's BUFLEN
_MOST_BLOCKS = 4
_SIGNATURE, _INFO = 0, 1


class ImageError(InputError):
    """A file is no image, or a damaged one; `str()` is the sentence."""


class Form(StrEnum):
    """What the first bytes say; the words are for people."""

    SQUASHFS = "squashfs"
    EXT4 = "ext4"
    FIT = "FIT"
    UIMAGE = "uImage"
    TAR = "sysupgrade tar"
    DISK = "disk image"
    DISK_GZIP = "disk image (gzip)"
    GZIP = "gzip"
    OTHER = "unknown"


@dataclass(frozen=True, slots=True)
class Metadata:
    """The JSON of scripts/metadata.mk; what it does not say is "" or empty.

    `supported` and `new_supported` are board names as in /tmp/sysinfo/board_name. From
    compat_version 1.1 on the first holds a sentence for old devices, and the second the boards.
    """

    supported: tuple[str, ...] = ()
    new_supported: tuple[str, ...] = ()
    compat_version: str = "1.0"
    compat_message: str = ""
    dist: str = ""
    version: str = ""
    revision: str = ""
    target: str = ""
    board: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, hash=False)

    @property
    def boards(self) -> tuple[str, ...]:
        """The boards it is for, by the rule of package/base-files/files/lib/upgrade/fwtool.sh."""
        return self.supported if self.compat_version == "1.0" else self.new_supported


@dataclass(frozen=True, slots=True)
class ImageFile:
    """An image. `size` in bytes, `sha256` in hexadecimal; `metadata` None where there is none.

    `signature`: the data of the signature block, b"" without one; it covers the first `signed`
    bytes of the file. `payload`: how many bytes there are before all blocks.
    """

    size: int
    sha256: str
    form: Form
    payload: int
    metadata: Metadata | None = None
    signature: bytes = b""
    signed: int = 0


@dataclass(frozen=True, slots=True)
class _Block:
    type: int
    crc: int
    data: bytes
    start: int  # where its data begins in the file
    trailer: int  # where its trailer begins


def examine(path: Path) -> ImageFile:
    """Read a file. Raises ImageError."""
    if path.exists() and not path.is_file():  # a pipe would be waited for
        raise ImageError(f"{path.name} is no file.", "Name the file of an image.")
    try:
        with path.open("rb") as stream:
            return read(stream)
    except OSError as error:
        raise ImageError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def parse(data: bytes) -> ImageFile:
    """The same of bytes. Raises ImageError."""
    return read(io.BytesIO(data))


def read(stream: BinaryIO) -> ImageFile:
    """The same of a stream that can seek; it is read once, in pieces. Raises ImageError."""
    size = stream.seek(0, io.SEEK_END)
    if not size:
        raise ImageError("The image is empty.")
    if size > MOST_BYTES:
        raise ImageError(f"The image is larger than {MOST_BYTES >> 20} MiB.")
    begin = max(0, size - _TAIL)
    stream.seek(begin)
    blocks = _blocks(stream.read(_TAIL), begin)
    head, digest = _verified(stream, blocks)
    signatures = [block for block in blocks if block.type == _SIGNATURE]
    info = next((block for block in blocks if _is_metadata(block)), None)
    return ImageFile(
        size=size,
        sha256=digest,
        form=form_of(head),
        payload=blocks[-1].start if blocks else size,
        metadata=metadata_of(info.data[_HEADER.size :]) if info else None,
        signature=signatures[0].data if signatures else b"",
        signed=signatures[0].start if signatures else 0,
    )


def metadata_of(data: bytes) -> Metadata:
    """Read the JSON. Raises ImageError for what is none."""
    try:
        told = json.loads(data.rstrip(b"\0").decode("utf-8"))
        json.dumps(told, allow_nan=False)  # Python's NaN is no JSON, and no database takes it
    except (ValueError, RecursionError) as error:
        raise ImageError("The image's metadata is not JSON.") from error
    if not isinstance(told, dict):
        raise ImageError("The image's metadata is no JSON object.")
    version = told.get("version")
    release = version if isinstance(version, dict) else {}
    return Metadata(
        supported=_names(told.get("supported_devices")),
        new_supported=_names(told.get("new_supported_devices")),
        compat_version=_word(told.get("compat_version")) or "1.0",
        compat_message=_word(told.get("compat_message")),
        **{
            name: _word(release.get(name))
            for name in ("dist", "version", "revision", "target", "board")
        },
        raw=told,
    )


def form_of(head: bytes) -> Form:
    """What the first 4 KiB say."""
    if head.startswith((b"hsqs", b"sqsh")):
        return Form.SQUASHFS
    if head.startswith(b"\xd0\x0d\xfe\xed"):
        return Form.FIT
    if head.startswith(b"\x27\x05\x19\x56"):
        return Form.UIMAGE
    if head[257:262] == b"ustar" and head.startswith(b"sysupgrade-"):
        return Form.TAR
    if head[1080:1082] == b"\x53\xef":
        return Form.EXT4
    if head.startswith(b"\x1f\x8b"):
        return Form.DISK_GZIP if _is_disk(_unzipped(head)) else Form.GZIP
    return Form.DISK if _is_disk(head) else Form.OTHER


def _is_disk(head: bytes) -> bool:
    """A partition table: an MBR, which GPT has as well."""
    return head[510:512] == b"\x55\xaa" or head[512:520] == b"EFI PART"


def _unzipped(head: bytes) -> bytes:
    """The beginning of what a gzip stream holds; it is cut, and may be damaged."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _HEAD)
    except zlib.error:
        return b""


def _blocks(tail: bytes, begin: int) -> list[_Block]:
    """The blocks at the end of a file, the last one first; as fwtool does, not beyond metadata."""
    found: list[_Block] = []
    end = len(tail)
    while end >= _TRAILER.size and len(found) < _MOST_BLOCKS:
        trailer = end - _TRAILER.size
        magic, crc, type_, size = _TRAILER.unpack_from(tail, trailer)
        if magic != _MAGIC:
            break
        length = size - _TRAILER.size
        least = _HEADER.size if type_ == _INFO else 0
        if not least <= length <= min(_LONGEST_DATA, trailer):
            raise ImageError("The image is damaged: its trailer tells a size that cannot be.")
        data = tail[trailer - length : trailer]
        found.append(_Block(type_, crc, data, begin + trailer - length, begin + trailer))
        end = trailer - length
        if _is_metadata(found[-1]):
            break
    return found


def _is_metadata(block: _Block) -> bool:
    """Metadata of a later version means nothing to fwtool, and nothing to us."""
    return block.type == _INFO and _HEADER.unpack_from(block.data)[0] == 0


def _verified(stream: BinaryIO, blocks: Sequence[_Block]) -> tuple[bytes, str]:
    """Read the whole of it once: the head, and the SHA-256. Raises ImageError for a wrong CRC."""
    stops = {block.trailer: block.crc for block in blocks}
    digest, crc, at, head = hashlib.sha256(), 0, 0, b""
    stream.seek(0)
    while True:
        for stop in sorted(stops):
            if at == stop and (crc ^ 0xFFFFFFFF) != stops[stop]:
                raise ImageError(
                    "The image is damaged: the checksum in its trailer is not that of its bytes.",
                    "Fetch it again and compare its SHA-256 with the one that is published.",
                )
        wanted = min([_CHUNK, *(stop - at for stop in stops if stop > at)])
        piece = stream.read(wanted)
        if not piece:
            return head, digest.hexdigest()
        if len(head) < _HEAD:
            head += piece[: _HEAD - len(head)]
        digest.update(piece)
        crc = zlib.crc32(piece, crc)
        at += len(piece)


def _names(value: Any) -> tuple[str, ...]:
    listed = value if isinstance(value, list) else ()
    return tuple(_word(one) for one in listed if isinstance(one, str))


def _word(value: Any) -> str:
    """A text of the metadata, of bounded length; a number as text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return str(value)[:512]
