"""How a device is reached, changed by the names that an inventory file uses for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlmodel import Session

from owtui.engine.inventory import cleaning, record
from owtui.engine.inventory.draft import Access
from owtui.errors import InputError
from storage import credentials
from storage.logins import DEFAULT_PORT

PARAMS = ("port", "http_url", "http_tls", "jump", "prefer", "legacy_host_keys")
REACHING = ("credentials", *PARAMS)

_FLAG = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}


def change(
    session: Session, device_id: UUID, organization_id: UUID, changes: Mapping[str, str]
) -> None:
    """Change every connection of a device; an empty text puts a parameter back to its default.

    `credentials` names the login that takes the place of those it has. Raises InputError,
    StorageError.
    """
    told = {key: value for key, value in changes.items() if key in REACHING}
    if not told:
        return
    held = credentials.connections(session, device_id)
    kept: dict[str, Any] = dict(held[0].params) if held else {}
    if "credentials" in told:
        login = credentials.by_name(session, told["credentials"], organization_id)
        for connection in held:
            if connection.credentials_id != login.id:
                credentials.detach(session, connection.id)
        credentials.attach(session, device_id, login.id, params=kept)
        held = credentials.connections(session, device_id)
    if not held:
        raise InputError(
            "The device has no login yet.", "Give it one: credentials=NAME of `owtui credentials`."
        )
    cleared = {key for key in PARAMS if key in told and not told[key]}
    fresh = _params(told)
    for connection in held:
        merged = {k: v for k, v in connection.params.items() if k not in cleared} | fresh
        credentials.attach(session, device_id, connection.credentials_id, params=merged)


def ways(session: Session, device_id: UUID) -> list[dict[str, Any]]:
    """How the device is reached, in the order in which logins are tried; without any secret."""
    found = []
    for connection in credentials.connections(session, device_id):
        login = credentials.get(session, connection.credentials_id)
        params = {**login.params, **connection.params}
        found.append(
            {
                "credentials": login.name,
                "kind": login.kind,
                "user": params.get("username", "root"),
                "port": params.get("port", DEFAULT_PORT),
                "http_url": params.get("http_url", ""),
                "http_tls": params.get("http_tls", ""),
                "jump": list(params.get("jump", ())),
                "prefer": params.get("prefer", ""),
                "legacy_host_keys": bool(params.get("legacy_host_keys")),
                "enabled": connection.enabled,
                "is_working": connection.is_working,
                "failure_reason": connection.failure_reason,
                "last_attempt": connection.last_attempt,
            }
        )
    return found


def _params(told: Mapping[str, str]) -> dict[str, Any]:
    legacy = _FLAG.get(told.get("legacy_host_keys", "").casefold())
    if legacy is None:
        raise InputError("legacy_host_keys is yes or no.")
    fresh = cleaning.params(
        Access(
            port=record.port(told.get("port", "")),
            http_url=told.get("http_url", ""),
            http_tls=told.get("http_tls", ""),
            jump=tuple(hop.strip() for hop in told.get("jump", "").split(",") if hop.strip()),
            prefer=told.get("prefer", ""),
            legacy_host_keys=legacy,
        )
    )
    return fresh | (
        {"legacy_host_keys": False} if told.get("legacy_host_keys") and not legacy else {}
    )
