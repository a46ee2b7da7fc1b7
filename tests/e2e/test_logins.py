"""Ways to log in as an operator gives them on the command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.cli.conftest import CommandLine
from tests.lab.device import LabDevice, LabSpec
from tests.lab.openssh import OpenSshServer


def made_key(folder: Path, passphrase: bytes = b"") -> tuple[Path, str]:
    """A private key in a file, and its public line."""
    key = Ed25519PrivateKey.generate()
    lock: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        lock = serialization.BestAvailableEncryption(passphrase)
    file = folder / "id_ed25519"
    form = serialization.PrivateFormat.OpenSSH
    file.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, lock))
    public = key.public_key().public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    )
    return file, public.decode()


def test_a_key_with_a_passphrase_lets_in_and_without_it_is_refused_in_words(
    bare: CommandLine,
    lab_fleet: Callable[..., list[LabDevice]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OWTUI_HOST_KEYS", "accept-new")
    file, public = made_key(tmp_path, passphrase=b"open sesame")
    [device] = lab_fleet(LabSpec(password=None, authorized_keys=(public,)))
    words = ("devices", "add", "ap-1", device.address, "--port", device.port, "--key", file)
    locked = bare(*words)
    assert locked.code == 2
    assert "The private key is locked with a passphrase, which was not given." in locked.err
    assert bare(*words, "--password-stdin", stdin="open sesame\n").code == 0
    assert bare("run", "echo in", "name=ap-1").out == "ap-1: in\n"


@pytest.mark.slow
def test_an_old_server_is_reached_with_the_switch_and_without_warnings(
    bare: CommandLine,
    openssh_device: Callable[..., OpenSshServer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OWTUI_HOST_KEYS", "accept-new")
    file, public = made_key(tmp_path)
    old = ("KexAlgorithms diffie-hellman-group14-sha1", "Ciphers aes128-cbc", "MACs hmac-sha1")
    server = openssh_device(authorized_keys=(public,), extra=old)
    words = (server.address, "--port", server.port, "--user", server.user, "--key", file)
    assert bare("devices", "add", "old", *words).code == 0
    assert "set legacy_host_keys on the device's connection" in bare("run", "true", "--all").err
    assert bare("devices", "set", "old", "legacy_host_keys=yes").code == 0
    # In a process of its own: here every warning is an error.
    assert bare.start("run", "echo in", "--all").communicate() == ("old: in\n", "")
