"""A way in is made from a connection, with the public half of its key."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from owtui.engine.configs.cutoff import public_key, way_in
from owtui.engine.configs.model import SeenFrom
from owtui.engine.transport.base import Login
from storage.secrets import Secret

SEEN = SeenFrom("10.0.0.9", "10.0.0.1", 22)
KEYS = {
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
    "rsa": rsa.generate_private_key(65537, 2048),
    "ecdsa": ec.generate_private_key(ec.SECP256R1()),
}


@pytest.mark.parametrize("kind", KEYS)
@pytest.mark.parametrize("form", [PrivateFormat.OpenSSH, PrivateFormat.PKCS8])
@pytest.mark.parametrize("word", ["", "open sesame"])
def test_the_public_half_is_told_with_and_without_a_passphrase(
    kind: str, form: PrivateFormat, word: str
) -> None:
    key = KEYS[kind]
    lock = BestAvailableEncryption(word.encode()) if word else NoEncryption()
    text = key.private_bytes(Encoding.PEM, form, lock).decode()
    login = Login(None, "key", secret=Secret(text), passphrase=Secret(word) if word else None)
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    assert public_key(login) == public
    if form is PrivateFormat.OpenSSH:
        assert public_key(replace(login, passphrase=None)) == public
    way = way_in(login, "10.0.0.1", SEEN)
    assert (way.login, way.public_keys, way.password) == ("key", (public,), None)


@pytest.mark.parametrize(
    "text", ["", "no key", "-----BEGIN OPENSSH " + "PRIVATE KEY-----\nAAAA\n-----END"]
)
def test_a_key_that_is_none_is_not_known(text: str) -> None:
    login = Login(None, "key", secret=Secret(text))
    assert public_key(login) == ""
    assert way_in(login, "10.0.0.1", SEEN).public_keys == ()


def test_a_password_goes_along_hidden() -> None:
    login = Login(None, "password", "eva", Secret("hunter2"), port=2222, jump=("noc@gate:22",))
    way = way_in(login, "10.0.0.1", SEEN, netdev="lan1")
    assert (way.port, way.user, way.jump, way.netdev) == (2222, "eva", ("noc@gate:22",), "lan1")
    assert way.password == Secret("hunter2")
    assert "hunter2" not in repr(way)


@pytest.mark.parametrize(
    ("url", "address", "expected"),
    [
        ("", "10.0.0.1", ("10.0.0.1", 443, True)),
        ("", "fd00::1", ("fd00::1", 443, True)),
        ("http://10.0.0.1", "10.0.0.1", ("10.0.0.1", 80, False)),
        ("https://[fd00::1]:8443/", "10.0.0.1", ("fd00::1", 8443, True)),
    ],
)
def test_over_http_the_url_tells_where(
    url: str, address: str, expected: tuple[str, int, bool]
) -> None:
    login = Login(None, "none", http_url=url, jump=("noc@gate:22",))
    way = way_in(login, address, SEEN, over="http")
    assert (way.address, way.port, way.tls) == expected
    assert (way.transport, way.login, way.jump) == ("http", "none", ())
