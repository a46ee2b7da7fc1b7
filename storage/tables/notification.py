"""Notifications, who wants which of them, and what is on its way out (operations.md §8)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, UniqueConstraint
from sqlmodel import Field

from storage.tables.base import JsonColumn, Row, UtcDateTime


class Recipient(Row, table=True):
    """An operator who is told things; `operator` is the login name, "" stands for everybody.

    `email`: an address, "" for none. `last_email_at`, `batch_start`: the batching of §8.3.
    """

    __tablename__ = "recipient"

    operator: str = Field(max_length=64, unique=True)
    email: str = Field(default="", max_length=254)
    last_email_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    batch_start: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Notification(Row, table=True):
    """Something that an operator is told; written in the transaction of what it tells of.

    `id` is made of what it tells and to whom: the same told twice is one row. `level`: info,
    success, warning, error. `type`: engine.notifications.types. `alert_id`, `device_id`: what it is
    about, NULL for neither. `data` fills the type's message. `delivery_id`: the mail it goes into.
    """

    __tablename__ = "notification"
    __table_args__ = (Index("ix_notification_operator_unread", "operator", "unread"),)

    operator: str = Field(max_length=64)
    type: str = Field(max_length=48)
    level: str = Field(default="info", max_length=16)
    text: str = ""
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    unread: bool = True
    emailed: bool = False
    device_id: UUID | None = Field(
        default=None, foreign_key="device.id", ondelete="CASCADE", index=True
    )
    alert_id: UUID | None = Field(
        default=None, foreign_key="alert.id", ondelete="SET NULL", index=True
    )
    delivery_id: UUID | None = Field(
        default=None, foreign_key="delivery.id", ondelete="SET NULL", index=True
    )
    data: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JsonColumn, nullable=False))


class NotificationSetting(Row, table=True):
    """A preference: operator × organization × type; "" and NULL stand for all.

    `web` (the console's list and toasts) and `email`: NULL inherits. web False forces email False.
    """

    __tablename__ = "notification_setting"
    __table_args__ = (UniqueConstraint("operator", "organization_id", "type"),)

    operator: str = Field(default="", max_length=64)
    organization_id: UUID | None = Field(
        default=None, foreign_key="organization.id", ondelete="CASCADE"
    )
    type: str = Field(default="", max_length=48)
    web: bool | None = None
    email: bool | None = None


class IgnoredObject(Row, table=True):
    """A device of which an operator wants to hear nothing; `valid_till` NULL: for good."""

    __tablename__ = "ignored_object"
    __table_args__ = (UniqueConstraint("operator", "device_id"),)

    operator: str = Field(max_length=64)
    device_id: UUID = Field(foreign_key="device.id", ondelete="CASCADE")
    valid_till: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Delivery(Row, table=True):
    """One thing to be sent through one sink: the outbox, so that nothing goes twice or is lost.

    `sink`: email, webhook, exec, or a plug-in's name. `key` is unique: what asks twice for the same
    delivery gets one. `state`: waiting, sending, sent, failed; dropped when all of a mail was read
    before it went. A row found "sending" by a new engine was cut: it may have gone.
    """

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("key"),
        Index("ix_delivery_state_due_at", "state", "due_at"),
    )

    sink: str = Field(max_length=48)
    key: str = Field(max_length=200)
    payload: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JsonColumn, nullable=False)
    )
    state: str = Field(default="waiting", max_length=16)
    due_at: datetime = Field(sa_type=UtcDateTime)
    attempts: int = 0
    sent_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    error: str = ""


class SinkSecret(Row, table=True):
    """What a sink logs in or signs with, sealed: a mail server's password, a webhook's key."""

    __tablename__ = "sink_secret"

    sink: str = Field(max_length=48, unique=True)
    sealed: bytes
