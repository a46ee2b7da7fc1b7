"""One counter a topic: how processes on one database learn that something moved.

Topics collect in the session and are counted in one statement just before the commit, in order,
so that writers hold the counters' rows briefly and never dead-lock on them.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import Session

from storage.core import REVISION, insert_into

DEVICES = "devices"  # inventory: devices, their connections
STATES = "states"  # what the engine saw
ALERTS = "alerts"  # opened, changed, resolved; metrics whose judgement moved
CHECKS = "checks"  # settings of checks and of alerts, quiet times
NOTIFICATIONS = "notifications"
ORGANIZATIONS = "organizations"  # and groups
CREDENTIALS = "credentials"
HOST_KEYS = "host-keys"
JOBS = "jobs"
AUDIT = "audit"
VIEWS = "views"
ENGINES = "engines"
TEMPLATES = "templates"  # and which groups give them
CONFIGS = "configs"  # of devices: contents, templates, statuses, checksums
VARIABLES = "variables"
TOPOLOGIES = "topologies"  # their sources, nodes and links
FIRMWARE = "firmware"  # categories, builds, images, which device has which

_PENDING = "touched topics"


def touch(session: Session, *topics: str) -> None:
    """Say that these topics change with the transaction of this session."""
    session.info.setdefault(_PENDING, set()).update(topics)


def count(session: Session) -> None:
    """Bump what was touched; `Database.write` calls it right before the commit."""
    for topic in sorted(session.info.pop(_PENDING, ())):
        next_number(session, topic)


def next_number(session: Session, topic: str) -> int:
    """Raise a counter and return it: unique and without gaps, since its row stays locked."""
    insert = insert_into(session, REVISION).values(topic=topic, counter=1)
    statement = insert.on_conflict_do_update(
        index_elements=["topic"], set_={"counter": REVISION.c.counter + 1}
    ).returning(REVISION.c.counter)
    return int(session.execute(statement).scalar_one())


def counters(session: Session) -> dict[str, int]:
    """Every topic with its counter."""
    rows = session.execute(select(REVISION.c.topic, REVISION.c.counter))
    return {row.topic: row.counter for row in rows}
