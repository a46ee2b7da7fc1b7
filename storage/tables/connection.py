"""How devices are reached: credentials, connections, host keys.

Secrets are sealed (storage.secrets) in a column of their own, so that `params` can be shown.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlmodel import Field

from storage.tables.base import JsonColumn, Row, UtcDateTime


class Credentials(Row, table=True):
    """A way to log in. `organization_id` NULL is shared by all organizations.

    `connector`: ssh (SSH, and rpcd over HTTP with the same user and password).
    `kind`: password, key, agent, none. `params`: {"username": str, "port": int}.
    `sealed`: sealed JSON {"password": …} or {"key": PEM, "passphrase": …}; NULL for agent, none.
    """

    __tablename__ = "credentials"
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        # NULLs are never equal to a constraint: the shared ones need an index of their own.
        Index(
            "uq_credentials_shared_name",
            "name",
            unique=True,
            sqlite_where=text("organization_id IS NULL"),
            postgresql_where=text("organization_id IS NULL"),
        ),
    )

    organization_id: UUID | None = Field(
        default=None, foreign_key="organization.id", ondelete="CASCADE"
    )
    name: str = Field(max_length=64)
    connector: str = Field(default="ssh", max_length=16)
    kind: str = Field(default="password", max_length=16)
    params: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    sealed: bytes | None = None
    auto_add: bool = False


class DeviceConnection(Row, table=True):
    """One credential on one device. `params` override the credential's key by key.

    Keys of `params`: port, http_url, http_tls (verify | pin:SHA256 | off), jump (list of
    "user@host:port" or device names), prefer (ssh | ubus), legacy_host_keys (bool).
    `is_working`: None is untried.
    """

    __tablename__ = "device_connection"
    __table_args__ = (UniqueConstraint("device_id", "credentials_id"),)

    device_id: UUID = Field(foreign_key="device.id", ondelete="CASCADE", index=True)
    credentials_id: UUID = Field(foreign_key="credentials.id", ondelete="CASCADE")
    update_strategy: str = Field(default="", max_length=64)
    enabled: bool = True
    params: dict[str, Any] = Field(default_factory=dict, sa_type=JsonColumn)
    is_working: bool | None = None
    failure_reason: str = ""
    last_attempt: datetime | None = Field(default=None, sa_type=UtcDateTime)


class HostKey(Row, table=True):
    """A host key seen at a device, or at a jump host that is no device (`host` = "name:port").

    `state`: trusted, or offered (seen, not accepted; with a trusted one of the same owner it means
    that the key changed and the device is blocked until somebody accepts it).
    """

    __tablename__ = "host_key"
    __table_args__ = (
        UniqueConstraint("device_id", "host", "algorithm", "state"),
        Index(
            "uq_host_key_jump_host",
            "host",
            "algorithm",
            "state",
            unique=True,
            sqlite_where=text("device_id IS NULL"),
            postgresql_where=text("device_id IS NULL"),
        ),
    )

    device_id: UUID | None = Field(default=None, foreign_key="device.id", ondelete="CASCADE")
    host: str = Field(default="", max_length=255)
    algorithm: str = Field(max_length=64)
    public: str  # "ssh-ed25519 AAAA…", without comment
    fingerprint: str = Field(max_length=64)  # SHA256:…
    state: str = Field(default="trusted", max_length=16)
    accepted_by: str = Field(default="", max_length=120)  # operator, "first use" or "import"
