"""What DBOS does while no job waits: next to nothing.

It builds and sends a dozen statements a second where it listens to two queues: 4 ms of a core for
each look, since SQLAlchemy makes the statements anew. DBOS has no settings for that, so this
reaches into it; what a version does not have is left as it is, and a test says so.
"""

from __future__ import annotations

import logging
from types import ModuleType
from typing import Any

import sqlalchemy as sa

RARELY_S = 60.0  # what nothing of ours uses: DBOS's own queue, delays and deadlines of workflows

_log = logging.getLogger(__name__)
_ENQUEUED: sa.ColumnElement[str] = sa.literal_column("'ENQUEUED'")
_PENDING: sa.ColumnElement[str] = sa.literal_column("'PENDING'")


def before_launch(commands: ModuleType, dbos: Any) -> bool:
    """Let DBOS look after what we never use once a minute; False where it has no such thing.

    commands: the module dbos._workflow_commands; dbos: the instance, not launched yet
    """
    try:
        queue = dbos._registry.get_internal_queue()
        found = isinstance(queue._polling_interval_sec, float)
        found = found and isinstance(commands._BACKGROUND_JOBS_INTERVAL_SEC, float)
    except AttributeError:
        found = False
    if not found:
        _log.warning("this version of DBOS cannot be told to rest: idle, it costs more")
        return False
    queue._polling_interval_sec = RARELY_S
    commands._BACKGROUND_JOBS_INTERVAL_SEC = RARELY_S  # type: ignore[attr-defined]
    return True


def after_launch(dbos: Any) -> bool:
    """Let a look at a queue end where nothing waits in it; False where that is not to be had."""
    try:
        system = dbos._sys_db
        usual = system.dequeue_scopes
        engine, columns = system.engine, system.tables.workflow_status.c
        # With DBOS's own index in mind: SQLite takes a partial one only for literals.
        waiting = (
            sa.select(sa.literal(1))
            .where(columns.queue_name == sa.bindparam("queue"))
            .where(columns.status == _ENQUEUED)
            .where(columns.status.in_([_ENQUEUED, _PENDING]))
            .limit(1)
        )
    except AttributeError:
        _log.warning("this version of DBOS does not tell where it looks for work")
        return False

    def scopes(queue: str) -> list[str | None]:
        with engine.connect() as connection:
            found = connection.execute(waiting, {"queue": queue}).first()
        return list(usual(queue)) if found else []

    system.dequeue_scopes = scopes
    return True
