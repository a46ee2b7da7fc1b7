"""The tables as SQLAlchemy Core sees them: for statements over many rows, without the ORM.

SQLModel types a column as its value, which no statement accepts; a Table's columns are columns.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    String,
    Table,
    Uuid,
    any_,
    func,
    literal,
    select,
    type_coerce,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, SQLModel

from storage import tables

if TYPE_CHECKING:
    # One spelling for the type checker: what we use of the two dialects' INSERT is the same.
    from sqlalchemy.dialects.postgresql.dml import Insert


def table(row: type[SQLModel]) -> Table:
    """The Table of a row class."""
    return SQLModel.metadata.tables[str(row.__tablename__)]


ALERT = table(tables.Alert)
ALERT_EVENT = table(tables.AlertEvent)
ALERT_SETTING = table(tables.AlertSetting)
AUDIT_ENTRY = table(tables.AuditEntry)
CHECK_SETTING = table(tables.CheckSetting)
CONFIG = table(tables.Config)
CONFIG_ARCHIVE = table(tables.ConfigArchive)
CONFIG_GENERATION = table(tables.ConfigGeneration)
CONFIG_ORIGINAL = table(tables.ConfigOriginal)
CONFIG_TEMPLATE = table(tables.ConfigTemplate)
CREDENTIALS = table(tables.Credentials)
DELIVERY = table(tables.Delivery)
DEVICE = table(tables.Device)
DEVICE_CONNECTION = table(tables.DeviceConnection)
DEVICE_DOCUMENT = table(tables.DeviceDocument)
DEVICE_FIRMWARE = table(tables.DeviceFirmware)
DEVICE_GROUP = table(tables.DeviceGroup)
DEVICE_RUNNING = table(tables.DeviceRunning)
DEVICE_STATE = table(tables.DeviceState)
ENGINE_BEAT = table(tables.EngineBeat)
FIRMWARE_BUILD = table(tables.FirmwareBuild)
FIRMWARE_CATEGORY = table(tables.FirmwareCategory)
FIRMWARE_IMAGE = table(tables.FirmwareImage)
GROUP_TEMPLATE = table(tables.GroupTemplate)
HOST_KEY = table(tables.HostKey)
IGNORED_OBJECT = table(tables.IgnoredObject)
JOB = table(tables.Job)
JOB_DELAY = table(tables.JobDelay)
JOB_LINE = table(tables.JobLine)
JOB_RESULT = table(tables.JobResult)
JOB_SECRET = table(tables.JobSecret)
METRIC = table(tables.Metric)
NOTIFICATION = table(tables.Notification)
NOTIFICATION_SETTING = table(tables.NotificationSetting)
ORGANIZATION = table(tables.Organization)
QUIET_TIME = table(tables.QuietTime)
RECIPIENT = table(tables.Recipient)
REVISION = table(tables.Revision)
SAVED_VIEW = table(tables.SavedView)
SEALING = table(tables.Sealing)
SINK_SECRET = table(tables.SinkSecret)
TEMPLATE = table(tables.Template)
TEMPLATE_GENERATION = table(tables.TemplateGeneration)
TOPOLOGY = table(tables.Topology)
TOPOLOGY_BATCH = table(tables.TopologyBatch)
TOPOLOGY_LINK = table(tables.TopologyLink)
TOPOLOGY_NODE = table(tables.TopologyNode)
VARIABLES = table(tables.Variables)
WIFI_CLIENT = table(tables.WifiClient)
WIFI_SESSION = table(tables.WifiSession)


def among(session: Session, column: Column[Any], ids: Iterable[UUID]) -> ColumnElement[bool]:
    """`column` is one of these ids, however many: they travel as one value.

    An IN list has a parameter an id, and both databases count those (32,766 and 65,535).
    """
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(literal(list(ids), ARRAY(Uuid())))
    # SQLite keeps a UUID as its 32 hexadecimal digits.
    listed = func.json_each(json.dumps([one.hex for one in ids])).table_valued("value")
    return type_coerce(column, String).in_(select(listed.c.value))


def length(column: Column[Any]) -> int:
    """How many characters a text column holds; SQLite would not say."""
    return cast("String", column.type).length or 0


def insert_into(session: Session, target: Table) -> Insert:
    """An INSERT that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(target)
    return sqlite.insert(target)  # type: ignore[return-value]  # same methods, other class
