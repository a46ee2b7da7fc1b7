"""What a login consists of and which ones are accepted, with OpenWISP's words.

Pure: a draft is checked and split into what may be shown and what is sealed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm

from storage.errors import RuleError
from storage.rules import text
from storage.secrets import Secret

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

NAME_LENGTH = 64
USERNAME_LENGTH = 2
PASSWORD_LENGTH = 4
KEY_LENGTH = 64
DEFAULT_PORT = 22

_UNREADABLE = (ValueError, UnsupportedAlgorithm)

UNSUPPORTED_KEY = (
    "Unrecognized or unsupported SSH key algorithm, only RSA and ED25519 are currently supported."
)


@dataclass(frozen=True, slots=True)
class Draft:
    """Credentials as somebody gives them.

    `kind`: password, key, agent, or none (a factory device that asks for nothing).
    """

    name: str
    kind: str = "password"
    username: str = "root"
    port: int = DEFAULT_PORT
    password: Secret | None = None
    key: Secret | None = None  # private key, PEM or OpenSSH
    passphrase: Secret | None = None  # of the key
    organization_id: UUID | None = None  # None: shared by all
    auto_add: bool = False

    @property
    def params(self) -> dict[str, Any]:
        """What may be shown."""
        return {"username": self.username.strip(), "port": self.port}

    @property
    def sealed_text(self) -> Secret | None:
        """What is sealed, as one text; None when there is nothing."""
        parts = {"password": self.password, "key": self.key, "passphrase": self.passphrase}
        given = {name: secret.reveal() for name, secret in parts.items() if secret}
        return Secret(json.dumps(given)) if given else None


@dataclass(frozen=True, slots=True)
class Login:
    """One way into one device, ready to use: the credential under the connection's parameters."""

    connection_id: UUID
    device_id: UUID
    credentials_id: UUID
    name: str
    connector: str
    kind: str
    username: str
    port: int
    params: dict[str, Any] = field(default_factory=dict)  # merged; see DeviceConnection
    password: Secret | None = None
    key: Secret | None = None
    passphrase: Secret | None = None
    is_working: bool | None = None


def check(draft: Draft) -> Draft:
    """Raise RuleError for what cannot be a login; a password that a key kind carries is refused."""
    if not text(draft.name, NAME_LENGTH, "name"):
        raise RuleError("Credentials need a name.", field="name")
    if draft.kind not in ("password", "key", "agent", "none"):
        raise RuleError(f"There is no login of kind {draft.kind}.", "password key agent none")
    if len(draft.username.strip()) < USERNAME_LENGTH:
        raise RuleError("The user name needs at least 2 characters.", field="username")
    check_port(draft.port)
    _check_secrets(draft)
    return draft


def check_port(port: Any) -> int:
    """A TCP port, 1 to 65535."""
    if isinstance(port, bool) or not isinstance(port, int) or not 1 <= port <= 65535:
        raise RuleError(f"{port!r} is not a port: 1 to 65535.", field="port")
    return port


def opened(sealed_text: Secret | None) -> dict[str, Secret]:
    """The parts of `Draft.sealed_text` again."""
    if sealed_text is None:
        return {}
    return {name: Secret(value) for name, value in json.loads(sealed_text.reveal()).items()}


def _check_secrets(draft: Draft) -> None:
    extra = {
        "password": draft.key or draft.passphrase,
        "key": draft.password,
    }.get(draft.kind, draft.password or draft.key or draft.passphrase)
    if extra:
        raise RuleError(f"A login of kind {draft.kind} holds no other secret.", field="kind")
    if draft.kind == "password" and len(_reveal(draft.password)) < PASSWORD_LENGTH:
        raise RuleError(
            "The password needs at least 4 characters.",
            "For a device that asks for none, use the kind none.",
            field="password",
        )
    if draft.kind == "key":
        _check_key(_reveal(draft.key), _reveal(draft.passphrase))


def is_locked(key: Secret) -> bool:
    """Whether a private key needs a passphrase; False for a text that is no key."""
    try:
        _load(key.reveal(), "")
    except TypeError:
        return True
    except _UNREADABLE:
        return False
    return False


def _load(key: str, passphrase: str) -> PrivateKeyTypes:
    """Read a private key.

    Raises TypeError where it is locked and no passphrase given, or the other way round; else
    _UNREADABLE.
    """
    from cryptography.hazmat.primitives.serialization import (
        load_pem_private_key,
        load_ssh_private_key,
    )

    load = load_ssh_private_key if "BEGIN OPENSSH" in key else load_pem_private_key
    return load(key.encode(), passphrase.encode() or None)


def _check_key(key: str, passphrase: str) -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

    if len(key) < KEY_LENGTH:
        raise RuleError("The private key needs at least 64 characters.", field="key")
    try:
        loaded = _load(key, passphrase)
    except TypeError:
        said = (
            "The private key has no passphrase, and one was given."
            if passphrase
            else "The private key is locked with a passphrase, which was not given."
        )
        raise RuleError(said, field="passphrase") from None
    except _UNREADABLE:
        # "from None" here and above: the library's message may quote what was given.
        raise RuleError(
            UNSUPPORTED_KEY, "Check the passphrase and that the file is a private key.", field="key"
        ) from None
    if not isinstance(loaded, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
        raise RuleError(UNSUPPORTED_KEY, field="key")


def _reveal(secret: Secret | None) -> str:
    return secret.reveal() if secret else ""
