"""Templates, configurations and variables: OpenWISP's nouns, with what they hold sealed at rest.

Names, flags, tags, statuses and checksums are plain, so that lists and filters work while the vault
is closed. `sealed` values are storage.packed's: compressed JSON, each bound to its row.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.tables.base import JsonColumn, Row, UtcDateTime


class Template(Row, table=True):
    """A piece of configuration for many devices. `organization_id` NULL is shared by all.

    `type`: generic, vpn. `generation` counts its contents from 1. `sealed`: {"config": NetJSON,
    "default_values": {name: value}}.
    """

    __tablename__ = "template"
    __table_args__ = (
        UniqueConstraint("organization_id", "name"),
        Index(
            "uq_template_shared_name",
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
    type: str = Field(default="generic", max_length=16)
    backend: str = Field(max_length=64)
    tags: list[str] = Field(default_factory=list, sa_column=Column(JsonColumn, nullable=False))
    default: bool = False
    required: bool = False
    notes: str = ""
    generation: int = 1
    sealed: bytes


class TemplateGeneration(Row, table=True):
    """What a template was; it outlives the template, so that a removed one can be brought back.

    `sealed`: the template's content and its plain fields of that time.
    """

    __tablename__ = "template_generation"
    __table_args__ = (UniqueConstraint("template_id", "number"),)

    template_id: UUID  # no foreign key: see above
    organization_id: UUID | None = Field(
        default=None, foreign_key="organization.id", ondelete="CASCADE"
    )
    name: str = Field(max_length=64)
    number: int
    operator: str = Field(default="", max_length=120)
    host: str = Field(default="", max_length=120)
    note: str = ""
    sealed: bytes


class Config(Row, table=True):
    """The configuration of a device, at most one.

    `status`: modified applied error deactivating deactivated. `checksum` is the md5 of the archive
    that the device should have, "" before the first; while it cannot be rendered (`broken`) that of
    the last one that could. `applied_checksum`: of what the device was last known to have.
    `merge`: keep what is on the device beside ours (else packages are replaced whole).
    `unmanaged`: UCI packages or paths that are never written. `own`: whether the device has a part
    of its own beside its templates; it sleeps while the device is deactivated.
    `generation` counts edits by people. `changes` counts whatever may have changed the outcome and
    `computed` is the count that `checksum` was made at: lower means that it is out of date.
    `inputs` digests all that it was rendered from: while it is the same, so is the checksum.
    `sealed`: {"config": NetJSON, "context": {name: value}, "verbatim": {package: UCI text}};
    NULL is all empty.
    """

    __tablename__ = "config"

    device_id: UUID = Field(foreign_key="device.id", ondelete="CASCADE", unique=True)
    backend: str = Field(max_length=64)
    status: str = Field(default="modified", max_length=16, index=True)
    error_reason: str = Field(default="", max_length=1024)
    checksum: str = Field(default="", max_length=32)
    applied_checksum: str = Field(default="", max_length=32)
    broken: bool = False
    applied_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    merge: bool = True
    unmanaged: list[str] = Field(default_factory=list, sa_column=Column(JsonColumn, nullable=False))
    own: bool = False
    generation: int = 1
    changes: int = 1
    computed: int = 0
    inputs: str = Field(default="", max_length=64)
    sealed: bytes | None = None


class ConfigArchive(Row, table=True):
    """The bytes that `Config.checksum` was made of: they are what an agent downloads.

    Kept, since another zlib would compress the same files to other bytes. `sealed`: the tar.gz.
    """

    __tablename__ = "config_archive"

    config_id: UUID = Field(foreign_key="config.id", ondelete="CASCADE", unique=True)
    checksum: str = Field(max_length=32)
    sealed: bytes


class ConfigTemplate(SQLModel, table=True):
    """A template of a configuration, at its place: a later one overrides."""

    __tablename__ = "config_template"

    config_id: UUID = Field(primary_key=True, foreign_key="config.id", ondelete="CASCADE")
    template_id: UUID = Field(
        primary_key=True, foreign_key="template.id", ondelete="CASCADE", index=True
    )
    position: int


class GroupTemplate(SQLModel, table=True):
    """A template that a group gives to its devices, at its place."""

    __tablename__ = "group_template"

    group_id: UUID = Field(primary_key=True, foreign_key="device_group.id", ondelete="CASCADE")
    template_id: UUID = Field(
        primary_key=True, foreign_key="template.id", ondelete="CASCADE", index=True
    )
    position: int


class ConfigGeneration(Row, table=True):
    """One configuration that was applied to a device; `number` counts from 1 for each device.

    `kind`: push, rollback, adopt, deactivate, all-or-none. `sealed`: {"archive": base64 of the
    tar.gz, "source": what it was rendered from}.
    """

    __tablename__ = "config_generation"
    __table_args__ = (UniqueConstraint("device_id", "number"),)

    device_id: UUID = Field(foreign_key="device.id", ondelete="CASCADE")
    number: int
    operator: str = Field(default="", max_length=120)
    host: str = Field(default="", max_length=120)
    job_id: UUID | None = None
    kind: str = Field(default="push", max_length=16)
    note: str = ""
    checksum: str = Field(max_length=32)
    sealed: bytes


class ConfigOriginal(Row, table=True):
    """A file of a device as it was before owtui first managed it; `sealed` NULL: there was none."""

    __tablename__ = "config_original"
    __table_args__ = (UniqueConstraint("device_id", "path"),)

    device_id: UUID = Field(foreign_key="device.id", ondelete="CASCADE")
    path: str = Field(max_length=255)
    mode: int = 0o644
    sealed: bytes | None = None


class Variables(Row, table=True):
    """The variables of one scope, all in one sealed JSON object; those of a device are in `Config`.

    `scope`: global, organization, group. The last two name their owner and go with it.
    """

    __tablename__ = "variables"
    __table_args__ = (
        Index(
            "uq_variables_global",
            "scope",
            unique=True,
            sqlite_where=text("scope = 'global'"),
            postgresql_where=text("scope = 'global'"),
        ),
    )

    scope: str = Field(max_length=16)
    organization_id: UUID | None = Field(
        default=None, foreign_key="organization.id", ondelete="CASCADE", unique=True
    )
    group_id: UUID | None = Field(
        default=None, foreign_key="device_group.id", ondelete="CASCADE", unique=True
    )
    sealed: bytes
