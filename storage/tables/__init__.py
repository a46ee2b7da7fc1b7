"""The tables: they are the domain's nouns."""

from storage.tables.base import Row, UtcDateTime, now
from storage.tables.configuration import (
    Config,
    ConfigArchive,
    ConfigGeneration,
    ConfigOriginal,
    ConfigTemplate,
    GroupTemplate,
    Template,
    TemplateGeneration,
    Variables,
)
from storage.tables.connection import Credentials, DeviceConnection, HostKey
from storage.tables.inventory import Device, DeviceGroup, DeviceState, Organization, SavedView
from storage.tables.monitoring import (
    Alert,
    AlertEvent,
    AlertSetting,
    CheckSetting,
    DeviceDocument,
    Metric,
    QuietTime,
    WifiClient,
    WifiSession,
)
from storage.tables.notification import (
    Delivery,
    IgnoredObject,
    Notification,
    NotificationSetting,
    Recipient,
)
from storage.tables.running import DeviceRunning
from storage.tables.work import (
    AuditEntry,
    EngineBeat,
    Job,
    JobResult,
    JobSecret,
    Revision,
    Sealing,
)

__all__ = [
    "Alert",
    "AlertEvent",
    "AlertSetting",
    "AuditEntry",
    "CheckSetting",
    "Config",
    "ConfigArchive",
    "ConfigGeneration",
    "ConfigOriginal",
    "ConfigTemplate",
    "Credentials",
    "Delivery",
    "Device",
    "DeviceConnection",
    "DeviceDocument",
    "DeviceGroup",
    "DeviceRunning",
    "DeviceState",
    "EngineBeat",
    "GroupTemplate",
    "HostKey",
    "IgnoredObject",
    "Job",
    "JobResult",
    "JobSecret",
    "Metric",
    "Notification",
    "NotificationSetting",
    "Organization",
    "QuietTime",
    "Recipient",
    "Revision",
    "Row",
    "SavedView",
    "Sealing",
    "Template",
    "TemplateGeneration",
    "UtcDateTime",
    "Variables",
    "WifiClient",
    "WifiSession",
    "now",
]
