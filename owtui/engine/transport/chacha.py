"""ChaCha20-Poly1305 as asyncssh has it, with two contexts a direction instead of three a packet.

A router without AES instructions needs for AES-CTR and HMAC two to three times the CPU that
this takes, so dropbear is asked for it. What OpenSSH has, AES-GCM, costs us less.
"""

from __future__ import annotations

from asyncssh.crypto.chacha import ChachaCipher
from asyncssh.encryption import ChachaEncryption, register_encryption_alg
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from cryptography.hazmat.primitives.poly1305 import Poly1305

NAME = "chacha20-poly1305@openssh.com"
_KEY_BYTES = 32
_FROM_THE_START = bytes(8)  # the counter of blocks, before the nonce
_FIRST_BLOCK = bytes(64)  # its key stream is the key of the tag, the next one encrypts


class Chacha(ChachaCipher):
    """The cipher of one direction. OpenSSH's PROTOCOL.chacha20poly1305 says what it does."""

    def __init__(self, key: bytes) -> None:
        super().__init__(key)
        body, header = key[:_KEY_BYTES], key[_KEY_BYTES:]
        unused = bytes(16)
        self._body = Cipher(ChaCha20(body, unused), None).encryptor()
        self._header = Cipher(ChaCha20(header, unused), None).encryptor()

    def encrypt_and_sign(self, header: bytes, data: bytes, nonce: bytes) -> tuple[bytes, bytes]:
        """The packet and its tag."""
        self._body.reset_nonce(_FROM_THE_START + nonce)
        stream = self._body.update(_FIRST_BLOCK + data)
        packet = self.decrypt_header(header, nonce) + stream[len(_FIRST_BLOCK) :]
        return packet, Poly1305.generate_tag(stream[:_KEY_BYTES], packet)

    def decrypt_header(self, header: bytes, nonce: bytes) -> bytes:
        """The length of a packet; both ways are the same."""
        self._header.reset_nonce(_FROM_THE_START + nonce)
        return self._header.update(header)

    def verify_and_decrypt(
        self, header: bytes, data: bytes, nonce: bytes, tag: bytes
    ) -> bytes | None:
        """The content; None where the tag is not that of the packet."""
        self._body.reset_nonce(_FROM_THE_START + nonce)
        key = self._body.update(_FIRST_BLOCK)[:_KEY_BYTES]
        try:
            Poly1305.verify_tag(key, header + data, tag)
        except InvalidSignature:
            return None
        return self._body.update(data)


class _Encryption(ChachaEncryption):
    @classmethod
    def new(
        cls,
        cipher_name: str,
        key: bytes,
        iv: bytes,
        mac_alg: bytes = b"",
        mac_key: bytes = b"",
        etm: bool = False,
    ) -> _Encryption:
        return cls(Chacha(key))


def use() -> None:
    """Let asyncssh use it, in this process."""
    register_encryption_alg(NAME.encode(), _Encryption, "chacha20-poly1305", False)
