"""Host keys of lab devices, in dropbear's own file format and as OpenSSH public lines."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

RSA_BITS = 2048  # as OpenWrt's dropbear makes them


@dataclass(frozen=True, slots=True)
class HostKeys:
    """Both keys of a device; with ed25519 alone Debian's dropbear crashes on an RSA-only client."""

    ed25519: ed25519.Ed25519PrivateKey
    rsa: rsa.RSAPrivateKey

    @classmethod
    def generate(cls) -> HostKeys:
        return cls(ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, RSA_BITS))

    def files(self) -> dict[str, bytes]:
        """Return the two key files dropbear reads, by path."""
        return {
            "/etc/dropbear/dropbear_ed25519_host_key": self._ed25519_file(),
            "/etc/dropbear/dropbear_rsa_host_key": self._rsa_file(),
        }

    def public(self) -> tuple[str, str]:
        """Return the public keys as OpenSSH lines (`ssh-ed25519 AAAA…`), ed25519 first."""
        return _openssh(self.ed25519.public_key()), _openssh(self.rsa.public_key())

    def _ed25519_file(self) -> bytes:
        raw = serialization.Encoding.Raw
        seed = self.ed25519.private_bytes(
            raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()
        )
        point = self.ed25519.public_key().public_bytes(raw, serialization.PublicFormat.Raw)
        return _string(b"ssh-ed25519") + _string(seed + point)

    def _rsa_file(self) -> bytes:
        numbers = self.rsa.private_numbers()
        public = numbers.public_numbers
        parts = (public.e, public.n, numbers.d, numbers.p, numbers.q)
        return _string(b"ssh-rsa") + b"".join(_mpint(part) for part in parts)


def _openssh(key: ed25519.Ed25519PublicKey | rsa.RSAPublicKey) -> str:
    return key.public_bytes(
        serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
    ).decode()


def _string(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data


def _mpint(value: int) -> bytes:
    """Encode a positive number as SSH does (RFC 4251 §5): a leading zero bit keeps it positive."""
    return _string(value.to_bytes(value.bit_length() // 8 + 1, "big"))
