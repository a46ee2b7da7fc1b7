"""Ways to log in as an operator gives them on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.cli.conftest import CommandLine
from tests.lab.device import LabDevice, LabSpec


def test_a_key_with_a_passphrase_lets_in_and_without_it_is_refused_in_words(
    bare: CommandLine,
    lab_fleet: Callable[..., list[LabDevice]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OWTUI_HOST_KEYS", "accept-new")
    key = Ed25519PrivateKey.generate()
    file = tmp_path / "id_ed25519"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.OpenSSH,
            serialization.BestAvailableEncryption(b"open sesame"),
        )
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    [device] = lab_fleet(LabSpec(password=None, authorized_keys=(public.decode(),)))
    words = ("devices", "add", "ap-1", device.address, "--port", device.port, "--key", file)
    locked = bare(*words)
    assert locked.code == 2
    assert "The private key is locked with a passphrase, which was not given." in locked.err
    assert bare(*words, "--password-stdin", stdin="open sesame\n").code == 0
    assert bare("run", "echo in", "name=ap-1").out == "ap-1: in\n"
