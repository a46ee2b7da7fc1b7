"""Images: what they say of themselves, and that no bytes bring anything but that or a sentence."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.firmware import imagefile
from owtui.engine.firmware.imagefile import Form, ImageError, ImageFile, examine, parse
from tests.engine.firmware.images import BOARD, SQUASHFS, block, image, metadata


def test_an_image_tells_boards_release_and_sums(tmp_path: Path) -> None:
    data = image(BOARD, "tplink,other")
    file = tmp_path / "openwrt-x-squashfs-sysupgrade.bin"
    file.write_bytes(data)
    found = examine(file)
    assert (found.size, found.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert (found.form, found.payload, found.signature) == (Form.SQUASHFS, len(SQUASHFS), b"")
    assert found.metadata is not None
    assert found.metadata.boards == (BOARD, "tplink,other")
    told = found.metadata
    assert (told.dist, told.version, told.target) == ("OpenWrt", "24.10.8", "ramips/mt7621")
    assert (told.revision, told.board) == ("r29233-443ec4032a", "tplink_archer-c6-v3")


def test_the_metadata_of_a_real_image_is_read(shared_data: Path) -> None:
    told = (shared_data / "openwrt" / "image-metadata.json").read_bytes()
    found = parse(image(told=told)).metadata
    assert found is not None
    assert (found.boards, found.version) == (("tplink,archer-c6-v3",), "24.10.8")


def test_from_compat_version_1_1_on_the_boards_are_the_new_ones() -> None:
    found = parse(image(BOARD, compat="1.1", compat_message="Partitions moved.")).metadata
    assert found is not None
    assert (found.boards, found.compat_message) == ((BOARD,), "Partitions moved.")
    assert "incompatible" in found.supported[0]


def test_a_signature_stands_behind_the_metadata_that_it_covers() -> None:
    plain = image()
    found = parse(image(sealed=b"signed" * 20))
    assert (found.signature, found.signed) == (b"signed" * 20, len(plain))
    assert found.metadata is not None
    assert found.payload == len(SQUASHFS)


def _tar() -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as files:
        member = tarfile.TarInfo("sysupgrade-tplink_x/CONTROL")
        files.addfile(member)
    return packed.getvalue()


DISK = bytes(510) + b"\x55\xaa" + b"EFI PART" + bytes(4000)


@pytest.mark.parametrize(
    ("payload", "form"),
    [
        (SQUASHFS, Form.SQUASHFS),
        (b"\xd0\x0d\xfe\xed" + bytes(90), Form.FIT),
        (b"\x27\x05\x19\x56" + bytes(90), Form.UIMAGE),
        (bytes(1080) + b"\x53\xef" + bytes(90), Form.EXT4),
        (_tar(), Form.TAR),
        (DISK, Form.DISK),
        (gzip.compress(DISK), Form.DISK_GZIP),
        (gzip.compress(b"notes"), Form.GZIP),
        (b"MZ" + bytes(90), Form.OTHER),
    ],
    ids=lambda one: one.value if isinstance(one, Form) else "",  # gzip's bytes hold the time
)
def test_the_form_is_told_by_the_first_bytes(payload: bytes, form: Form) -> None:
    found = parse(image(payload=payload))
    assert (found.form, found.payload) == (form, len(payload))
    assert found.metadata is not None  # behind a gzip stream as well
    assert parse(payload).metadata is None


def _later() -> bytes:
    """Metadata of a version that does not exist yet."""
    return SQUASHFS + block(SQUASHFS, b"\0\0\0\1" + bytes(4) + b"{}", 1)


def test_metadata_of_a_later_version_is_none() -> None:
    assert parse(_later()).metadata is None


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is empty"),
        (image(told=b"{"), "not JSON"),
        (image(told=b"[" * 20_000), "not JSON"),
        (image(told=b"\xff\xfe"), "not JSON"),
        (image(told=b'{"x": 1e999}'), "not JSON"),
        (image(told=[1]), "no JSON object"),
        (b"x" + image(), "is damaged"),
        (image()[:-40] + image()[-39:], "is damaged"),
        (image()[:-2] + b"\0\1", "is damaged"),
        (SQUASHFS + block(SQUASHFS, b"", 1), "is damaged"),
        (image(told=b" " * 40_000 + b"{}"), "is damaged"),
    ],
)
def test_what_is_wrong_is_one_sentence(data: bytes, said: str) -> None:
    with pytest.raises(ImageError, match=said) as raised:
        parse(data)
    assert raised.value.sentence.count(".") == 1


def test_a_file_that_is_too_large_or_missing_is_refused(tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(imagefile.MOST_BYTES + 1)
    with pytest.raises(ImageError, match="larger than 64 MiB"):
        examine(big)
    with pytest.raises(ImageError, match=r"nothing\.bin cannot be read"):
        examine(tmp_path / "nothing.bin")


def check(data: bytes) -> ImageFile | None:
    """A value, or the one error."""
    try:
        return parse(data)
    except ImageError:
        return None


WHOLE = image(sealed=b"s" * 200)


@given(st.integers(0, len(WHOLE) - 1))
def test_a_cut_image_has_no_metadata_or_is_refused(length: int) -> None:
    found = check(WHOLE[:length])
    assert found is None or found.metadata is None or length == len(image())


@given(st.integers(0, len(WHOLE) * 8 - 1))
def test_a_flipped_bit_is_never_taken_for_a_good_image(bit: int) -> None:
    """Every bit is under the last checksum, but for those of the last trailer itself."""
    data = bytearray(WHOLE)
    data[bit // 8] ^= 1 << bit % 8
    found = check(bytes(data))
    if bit // 8 < len(WHOLE) - 16:
        assert found is None
    else:
        assert found is None or found.metadata is None or found.sha256 != parse(WHOLE).sha256


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from([*metadata(BOARD), "new_supported_devices", "x"]), JSON),
    st.sampled_from(["", "supported_devices", "compat_version", "version"]),
)
def test_any_json_is_metadata_or_refused(told: dict[str, object], without: str) -> None:
    told.pop(without, None)
    found = check(image(told=json.dumps(told).encode()))
    if found is not None:
        assert found.metadata is not None
        assert all(isinstance(one, str) for one in found.metadata.boards)


@given(st.binary(max_size=300), st.binary(max_size=64), st.integers(0, 255), st.booleans())
def test_any_bytes_bring_a_value_or_a_sentence(
    payload: bytes, data: bytes, type_: int, packed: bool
) -> None:
    body = zlib.compress(payload) if packed else payload
    found = check(body + block(body, data, type_))
    assert found is None or found.size == len(body) + len(data) + 16
    check(body)
