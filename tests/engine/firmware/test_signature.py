"""Who signed an image: plain signatures, chains of certificates, and everything that is neither."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.firmware.imagefile import examine, parse
from owtui.engine.firmware.signature import PublicKey, Verdict, check, keys, public_key
from owtui.errors import InputError
from tests.engine.firmware.images import Signer, blob, certificate, image, message, sealed
from tests.tools import tool

AT = datetime(2026, 11, 27, tzinfo=UTC)
BEGIN, END = int(AT.timestamp()) - 1, int(AT.timestamp()) + 1
ROOT, BUILDER, STRANGER = Signer(1), Signer(2), Signer(3)
PLAIN = image()
TRUSTED = [public_key(ROOT.public.encode(), "our.pub")]


def judged(folder: Path, signature: bytes, trusted: list[PublicKey] = TRUSTED) -> Verdict:
    """The verdict on an image with this signature block."""
    file = folder / "image.bin"
    file.write_bytes(image(sealed=signature))
    return check(examine(file), file, trusted, AT)


@pytest.mark.parametrize(
    "signature",
    [
        ROOT.sign(PLAIN),
        sealed(PLAIN, [], ROOT),
        sealed(PLAIN, [certificate(ROOT, BUILDER, BEGIN, END)], BUILDER),
    ],
)
def test_what_a_trusted_key_signed_is_ok(tmp_path: Path, signature: bytes) -> None:
    found = judged(tmp_path, signature)
    assert found.state == "ok"
    assert "our.pub" in found.words


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        (b"", "has no signature"),
        (STRANGER.sign(PLAIN), "by the key 03.*which is not trusted"),
        (ROOT.sign(PLAIN + b"x"), "not what our.pub signed"),
        (Signer(4, ROOT.fingerprint).sign(PLAIN), "not what our.pub signed"),
        (sealed(PLAIN, [certificate(STRANGER, BUILDER, BEGIN, END)], BUILDER), "not trusted"),
        (sealed(PLAIN, [certificate(ROOT, BUILDER, BEGIN, END)], STRANGER), "not trusted"),
        (sealed(PLAIN, [certificate(ROOT, BUILDER, 0, BEGIN)], BUILDER), "until 2026-11-26"),
        (sealed(PLAIN, [certificate(ROOT, BUILDER, END, END + 9)], BUILDER), "from 2026-11-27"),
        (sealed(PLAIN, [certificate(ROOT, BUILDER, BEGIN, END, 2)], BUILDER), "who may sign"),
        (certificate(ROOT, BUILDER, BEGIN, END), "sign no image"),
        (blob(0, blob(1, b"x")), "neither"),
        (b"nonsense of any kind", "damaged"),
        (b"untrusted comment: x\nnot base64!\n", "not one of usign"),
        (sealed(PLAIN, [blob(0, blob(0, ROOT.sign(b"")) + blob(1, b""))], ROOT), "who may sign"),
    ],
)
def test_why_a_signature_does_not_hold_is_said(tmp_path: Path, signature: bytes, said: str) -> None:
    found = judged(tmp_path, signature)
    assert found.state == ("wrong" if signature else "missing")
    assert re.search(said, found.words)


def test_what_signify_signs_is_ok(tmp_path: Path) -> None:
    """usign's files are those of OpenBSD's signify, which Debian has."""
    signify = tool("signify-openbsd", "signify-openbsd")
    public, secret = tmp_path / "k.pub", tmp_path / "k.sec"
    plain, signed = tmp_path / "plain", tmp_path / "plain.sig"
    plain.write_bytes(PLAIN)
    lines: list[list[str | Path]] = [
        ["-G", "-n", "-p", public, "-s", secret],
        ["-S", "-s", secret, "-m", plain, "-x", signed],
    ]
    for words in lines:
        subprocess.run([signify, *words], check=True, timeout=30)
    trusted = keys(str(public))
    assert judged(tmp_path, signed.read_bytes(), trusted) == Verdict("ok", "Signed by k.pub.")
    assert judged(tmp_path, ROOT.sign(PLAIN), trusted).state == "wrong"


def test_without_a_key_nothing_is_checked(tmp_path: Path) -> None:
    found = judged(tmp_path, STRANGER.sign(PLAIN), [])
    assert (found.state, "it is signed" in found.words) == ("unchecked", True)


def test_a_certificate_of_a_later_kind_holds_what_it_says(tmp_path: Path) -> None:
    """Newer builds write certtype as one byte, and may add values."""
    inner = message(7, "certtype", b"\1") + message(4, "validfrom", BEGIN.to_bytes(8, "big"))
    inner += message(4, "expiresat", END.to_bytes(8, "big")) + message(9, "more", b"x")
    inner += message(3, "pubkey", BUILDER.public.encode() + b"\0")
    payload = message(2, "ucert", inner)
    chain = blob(0, blob(0, ROOT.sign(payload)) + blob(1, payload))
    assert judged(tmp_path, sealed(PLAIN, [chain], BUILDER)).state == "ok"


def test_keys_are_read_from_files_and_folders(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    folder.mkdir()
    (folder / "a").write_text(ROOT.public)
    (tmp_path / "b.pub").write_text(BUILDER.public)
    found = keys(f"{folder}:{tmp_path / 'b.pub'}")
    assert [(one.name, one.id) for one in found] == [("a", b"\1" * 8), ("b.pub", b"\2" * 8)]
    with pytest.raises(InputError, match="cannot be read"):
        keys(str(tmp_path / "nothing"))
    (folder / "c").write_text("ssh-ed25519 AAAA")
    with pytest.raises(InputError, match="c is no public key of usign"):
        keys(str(folder))


@given(st.binary(max_size=400), st.integers(0, 2000), st.integers(0, 7))
def test_no_bytes_bring_anything_but_a_verdict(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, place: int, bit: int
) -> None:
    good = bytearray(sealed(PLAIN, [certificate(ROOT, BUILDER, BEGIN, END)], BUILDER))
    good[place % len(good)] ^= 1 << bit
    file = tmp_path_factory.mktemp("noise") / "image.bin"
    for signature in (noise, bytes(good)):
        data = image(sealed=signature or b"x")
        file.write_bytes(data)
        assert check(parse(data), file, TRUSTED, AT).state in ("ok", "wrong")
