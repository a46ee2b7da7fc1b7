"""Our ChaCha20-Poly1305 is asyncssh's, byte by byte, and takes no packet that was altered."""

from __future__ import annotations

import random

import pytest
from asyncssh.crypto.chacha import ChachaCipher
from asyncssh.encryption import get_encryption

from owtui.engine.transport import chacha, wire

SIZES = (0, 1, 28, 63, 64, 65, 4096, 24_576)


@pytest.mark.parametrize("size", SIZES)
def test_packets_are_those_of_asyncssh_in_any_order(size: int) -> None:
    dice = random.Random(size)
    key = dice.randbytes(64)
    theirs, ours = ChachaCipher(key), chacha.Chacha(key)
    for _ in range(20):
        header, data, nonce = dice.randbytes(4), dice.randbytes(size), dice.randbytes(8)
        packet, tag = ours.encrypt_and_sign(header, data, nonce)
        assert (packet, tag) == theirs.encrypt_and_sign(header, data, nonce)
        assert ours.decrypt_header(packet[:4], nonce) == header
        assert ours.verify_and_decrypt(packet[:4], packet[4:], nonce, tag) == data
        spoilt = bytearray(packet + tag)
        spoilt[dice.randrange(len(spoilt))] ^= 1 << dice.randrange(8)
        end = len(packet)
        altered = bytes(spoilt[:4]), bytes(spoilt[4:end]), nonce, bytes(spoilt[end:])
        assert ours.verify_and_decrypt(*altered) is None
        other = (int.from_bytes(nonce) ^ 1).to_bytes(8)
        assert ours.verify_and_decrypt(packet[:4], packet[4:], other, tag) is None


def test_connections_use_it() -> None:
    assert wire.chacha is chacha
    made = get_encryption(chacha.NAME.encode(), bytes(64), b"")
    assert type(made._cipher) is chacha.Chacha
