"""Edits that nobody has saved, kept over the end of the program: a sealed file a fleet and user.

A text may hold a secret that was typed a moment ago, so the file is sealed with the database's
master key, and nothing of it can be read without.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from owtui.errors import PROBLEMS
from storage.secrets import Secret

if TYPE_CHECKING:
    from owtui.engine.engine import Engine

_log = logging.getLogger(__name__)


def file_of(state: Path, fleet: str) -> Path:
    """Where the drafts of a fleet are."""
    return state / f"drafts-{fleet}.sealed"


async def keep(engine: Engine, drafts: Sequence[Mapping[str, Any]]) -> bool:
    """Keep these in the place of those before; none is no file. False where that did not work."""
    file = file_of(engine.loaded.paths.state, engine.settings.fleet)
    try:
        if not drafts:
            await asyncio.to_thread(file.unlink, missing_ok=True)
            return True
        vault = await asyncio.to_thread(engine.open_vault)
        secret, about = Secret(json.dumps(list(drafts))), _about(engine)
        sealed = await engine.database.awrite(lambda session: vault.seal(session, secret, about))
        await asyncio.to_thread(_write, file, sealed)
    except (*PROBLEMS, OSError) as error:
        _log.warning("drafts are not kept in %s: %s", file, error)
        return False
    return True


async def kept(engine: Engine) -> list[dict[str, Any]]:
    """What was kept; nothing where there is no file, or none that this master key opens."""
    file = file_of(engine.loaded.paths.state, engine.settings.fleet)
    try:
        sealed = await asyncio.to_thread(file.read_bytes)
        vault = await asyncio.to_thread(engine.open_vault)
        secret = await engine.database.aread(
            lambda session: vault.unseal(session, sealed, _about(engine))
        )
        found = json.loads(secret.reveal())
    except FileNotFoundError:
        return []
    except (*PROBLEMS, OSError, ValueError) as error:
        _log.warning("the drafts in %s cannot be read: %s", file, error)
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _about(engine: Engine) -> str:
    return f"drafts:{engine.settings.fleet}"


def _write(file: Path, sealed: bytes) -> None:
    beside = file.with_name(f"{file.name}.{os.getpid()}")
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(sealed)
    beside.replace(file)
