"""`owtui info`: versions, paths, database, who holds the engine; a bug report starts with it."""

from __future__ import annotations

import platform
from typing import Any

import click

from owtui import __version__
from owtui.cli.face import Face, command


@click.command()
@command
async def info(face: Face) -> int:
    """Say what this is, where its files are and who runs the engine."""
    async with face.engine() as engine:
        told: dict[str, Any] = {
            "version": __version__,
            "python": platform.python_version(),
            "fleet": face.loaded.settings.fleet,
            "fleets": list(face.loaded.fleets),
            "database": engine.database.url,
            "devices": len(engine.fleet.rows),
            "master_key": await engine.describe_key(),
            "engine": engine.holder_words(),
            "read_only": face.loaded.settings.read_only,
            "operator": engine.operator.name,
            "settings_files": [str(file) for file in face.loaded.files],
            "left_out": [problem.sentence for problem in engine.actions.problems],
            "config": str(face.loaded.paths.config),
            "data": str(face.loaded.paths.data),
            "state": str(face.loaded.paths.state),
            "log": str(face.loaded.paths.state / "owtui.log"),
        }
    if face.output.machine:
        face.output.document(told)
        return 0
    for key, value in told.items():
        text = ", ".join(value) if isinstance(value, list) else value
        face.output.text(f"{key.replace('_', ' '):<16}{text}")
    return 0
