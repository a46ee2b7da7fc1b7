"""What this installation is: versions, files, database, engine. A bug report starts with it.

One set of facts for `owtui info` and the console; nothing secret is among them.
"""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from owtui import __version__
from owtui.settings import Loaded

if TYPE_CHECKING:
    from owtui.engine.engine import Engine

LICENSE = "GPL-3.0-or-later"
_LIBRARIES = ("textual", "asyncssh", "dbos", "sqlalchemy")


async def told(loaded: Loaded, engine: Engine | None) -> dict[str, Any]:
    """All of it, by the keys of `owtui info --json`; without an engine what can be told then."""
    return {
        "version": __version__,
        "python": platform.python_version(),
        "fleet": loaded.settings.fleet,
        "fleets": list(loaded.fleets),
        **(await _of_engine(engine) if engine is not None else {}),
        "read_only": loaded.settings.read_only,
        "settings_files": [str(file) for file in loaded.files],
        "config": str(loaded.paths.config),
        "data": str(loaded.paths.data),
        "state": str(loaded.paths.state),
        "log": str(loaded.paths.state / "owtui.log"),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "libraries": libraries(),
        "license": LICENSE,
    }


def libraries() -> list[str]:
    """Those that a bug is most often about, with their versions."""
    import sqlite3  # with the next one 20 ms, which the console's first frame need not wait for
    from importlib.metadata import PackageNotFoundError, version

    found = [f"sqlite {sqlite3.sqlite_version}"]
    for name in _LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"{name} missing")
    return found


async def _of_engine(engine: Engine) -> dict[str, Any]:
    return {
        "database": engine.database.url,
        "devices": len(engine.fleet.rows),
        "master_key": await engine.describe_key(),
        "engine": await engine.ask_holder(),
        "polls": _polls(engine),
        "operator": engine.operator.name,
        "left_out": [problem.sentence for problem in engine.actions.problems],
    }


def _polls(engine: Engine) -> str:
    """How often devices are polled, and whether that is kept up: by the turns where they are
    taken, elsewhere by who was not seen for two rounds."""
    every_s = engine.settings.facts_every_s
    if not every_s:
        return "off"
    if engine.holds and len(engine.polls.rota):
        return f"every {every_s:g} s; turns: {engine.polls.scheduler.lag.words()}"
    at = datetime.now(UTC)
    polled = [
        row for row in engine.fleet.rows.values() if row.connections and not row.is_deactivated
    ]
    silent = sum(
        row.last_seen is None or (at - row.last_seen).total_seconds() > 2 * every_s
        for row in polled
    )
    return f"every {every_s:g} s; {silent} of {len(polled)} devices not seen for two rounds"
