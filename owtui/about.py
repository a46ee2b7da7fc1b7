"""What this installation is: versions, files, database, engine. A bug report starts with it.

One set of facts for `owtui info` and the console; nothing secret is among them.
"""

from __future__ import annotations

import platform
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
        "operator": engine.operator.name,
        "left_out": [problem.sentence for problem in engine.actions.problems],
    }
