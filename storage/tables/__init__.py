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
    "AuditEntry",
    "Config",
    "ConfigArchive",
    "ConfigGeneration",
    "ConfigOriginal",
    "ConfigTemplate",
    "Credentials",
    "Device",
    "DeviceConnection",
    "DeviceGroup",
    "DeviceRunning",
    "DeviceState",
    "EngineBeat",
    "GroupTemplate",
    "HostKey",
    "Job",
    "JobResult",
    "JobSecret",
    "Organization",
    "Revision",
    "Row",
    "SavedView",
    "Sealing",
    "Template",
    "TemplateGeneration",
    "UtcDateTime",
    "Variables",
    "now",
]
