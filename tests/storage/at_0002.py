"""Rows as revision 0002 had them, and what must be left of them at the head.

Written in the SQL of that revision, never by today's classes, which move on; the rows of 0001 whose
tables stayed as they were come from there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import Connection, select
from sqlmodel import Session

from storage.core import CONFIG_TEMPLATE, GROUP_TEMPLATE
from storage.tables import (
    Config,
    ConfigArchive,
    ConfigGeneration,
    ConfigOriginal,
    DeviceGroup,
    Organization,
    Template,
    TemplateGeneration,
    Variables,
)
from tests.storage import at_0001
from tests.storage.at_0001 import DEVICE, GROUP, ORGANIZATION, put_rows

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
TEMPLATE, GENERATION, CONFIG, ARCHIVE = UUID(int=21), UUID(int=22), UUID(int=23), UUID(int=24)
APPLIED, ORIGINAL, VARIABLES = UUID(int=25), UUID(int=26), UUID(int=27)

OWNERS: dict[str, dict[str, object]] = {
    "organization": {
        **{k: v for k, v in at_0001.ROWS["organization"].items() if k != "context"},
        "secret_digest": "d" * 64,
        "sealed": b"\x01secret",
    },
    "device_group": {
        **{k: v for k, v in at_0001.ROWS["device_group"].items() if k != "context"},
        "guard_window_s": 120,
        "guard_settle_s": None,
    },
}
ROWS: dict[str, dict[str, object]] = {
    "template": {
        "id": TEMPLATE,
        "organization_id": None,
        "name": "base",
        "type": "generic",
        "backend": "netjsonconfig.OpenWrt",
        "tags": ["mesh"],
        "default": True,
        "required": False,
        "notes": "für alle",
        "generation": 3,
        "sealed": b"\x01t",
    },
    "template_generation": {
        "id": GENERATION,
        "template_id": TEMPLATE,
        "organization_id": None,
        "name": "base",
        "number": 3,
        "operator": "ada",
        "host": "jump",
        "note": "",
        "sealed": b"\x01g",
    },
    "config": {
        "id": CONFIG,
        "device_id": DEVICE,
        "backend": "netjsonconfig.OpenWrt",
        "status": "error",
        "error_reason": "no space",
        "checksum": "a" * 32,
        "applied_checksum": "b" * 32,
        "broken": False,
        "applied_at": AT,
        "merge": True,
        "unmanaged": ["system"],
        "own": True,
        "generation": 2,
        "changes": 9,
        "computed": 9,
        "inputs": "e" * 64,
        "sealed": b"\x01c",
    },
    "config_archive": {
        "id": ARCHIVE,
        "config_id": CONFIG,
        "checksum": "a" * 32,
        "sealed": b"\x01a",
    },
    "config_template": {"config_id": CONFIG, "template_id": TEMPLATE, "position": 0},
    "group_template": {"group_id": GROUP, "template_id": TEMPLATE, "position": 0},
    "config_generation": {
        "id": APPLIED,
        "device_id": DEVICE,
        "number": 1,
        "operator": "ada",
        "host": "jump",
        "job_id": None,
        "kind": "push",
        "note": "first",
        "checksum": "b" * 32,
        "sealed": b"\x01p",
    },
    "config_original": {
        "id": ORIGINAL,
        "device_id": DEVICE,
        "path": "/etc/banner",
        "mode": 0o644,
        "sealed": None,
    },
    "variables": {
        "id": VARIABLES,
        "scope": "group",
        "organization_id": None,
        "group_id": GROUP,
        "sealed": b"\x01v",
    },
}
WITHOUT_TIMES = {*at_0001.WITHOUT_TIMES, "config_template", "group_template"}


def insert(connection: Connection) -> None:
    """One row in each table, by the statements of that time."""
    put_rows(connection, {**at_0001.ROWS, **OWNERS, **ROWS}, WITHOUT_TIMES, AT)


def check(session: Session) -> None:
    """What somebody stored then is there now."""
    owner = session.get_one(Organization, ORGANIZATION)
    assert (owner.secret_digest, owner.sealed) == ("d" * 64, b"\x01secret")
    group = session.get_one(DeviceGroup, GROUP)
    assert (group.guard_window_s, group.guard_settle_s) == (120, None)
    template = session.get_one(Template, TEMPLATE)
    assert (template.name, template.tags, template.default) == ("base", ["mesh"], True)
    assert (template.generation, template.notes) == (3, "für alle")
    assert session.get_one(TemplateGeneration, GENERATION).number == 3
    config = session.get_one(Config, CONFIG)
    assert (config.status, config.error_reason) == ("error", "no space")
    assert (config.unmanaged, config.merge, config.applied_at) == (["system"], True, AT)
    assert session.get_one(ConfigArchive, ARCHIVE).sealed == b"\x01a"
    assert session.execute(select(CONFIG_TEMPLATE)).one() == (CONFIG, TEMPLATE, 0)
    assert session.execute(select(GROUP_TEMPLATE)).one() == (GROUP, TEMPLATE, 0)
    assert session.get_one(ConfigGeneration, APPLIED).note == "first"
    assert session.get_one(ConfigOriginal, ORIGINAL).sealed is None
    assert session.get_one(Variables, VARIABLES).scope == "group"
