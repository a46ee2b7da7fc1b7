"""What is sent to a topology: who may, and that it can be read (operations.md §4.1).

The order of the refusals is OpenWISP's: not there, no key, wrong key, not readable.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.topology.formats.base import Format, FormatError
from owtui.engine.topology.graph import Graph
from owtui.errors import BlockedError, InputError
from storage import topologies
from storage.errors import MissingError
from storage.secrets import Secret, Vault


class WrongKeyError(BlockedError):
    """The key is not the topology's: 403 where it came by HTTP."""


def admit(
    session: Session, vault: Vault, topology_id: UUID, key: str
) -> tuple[str, dict[str, Any]]:
    """The format of a topology and its options, for one who shows its key.

    Raises MissingError (404) for one that is not there, not published, receives nothing or is a
    disabled organization's; InputError (400) without a key; WrongKeyError (403).
    """
    row = topologies.get(session, topology_id)
    receives = row.published and row.strategy == "receive" and row.sealed is not None
    if not receives or topologies.disabled(session, topology_id):
        raise MissingError("There is no such topology that receives anything.")
    if not key:
        raise InputError('missing required "key" parameter')
    assert row.sealed is not None
    if vault.unseal(session, row.sealed, f"topology:{row.id}") != Secret(key):
        raise WrongKeyError("wrong key")
    return row.format, dict(row.options)


def parse(format_: Format, data: bytes, at: datetime, options: Mapping[str, Any]) -> Graph:
    """The graph of what was sent. Raises InputError (400) in OpenWISP's words."""
    try:
        return format_.parse(data, at, known_options(format_, options))
    except FormatError as error:
        raise InputError(
            f"Supplied data not recognized as {format_.title}, got exception of type "
            f'"{type(error).__name__}" with message "{error.sentence}"',
            error.hint,
        ) from error


def known_options(format_: Format, options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of a topology's options that are its format's: others are root, tls, mesh."""
    return {name: options[name] for name in format_.options if name in options}
