"""How we come in to each device: what must survive a change. From our own records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from uuid import UUID

from sqlmodel import Session

from owtui.engine.configs.cutoff import Way
from owtui.engine.configs.cutoff.wayin import way_in
from owtui.engine.configs.model import SeenFrom
from owtui.engine.openwrt.ubusdoor import http_logins
from owtui.engine.targets import login as transport_login
from storage import addresses, credentials
from storage.errors import StorageError
from storage.logins import Login
from storage.rows import DeviceRow
from storage.secrets import Vault


def ways(
    session: Session,
    vault: Vault,
    rows: Collection[DeviceRow],
    *,
    by_rpcd: Collection[UUID] = (),
) -> dict[UUID, Way]:
    """The way that is tried first for each device; those without any are left out.

    by_rpcd: devices where HTTP is the only one
    """
    found = credentials.logins(session, vault, [row.id for row in rows])
    result = {}
    for row in rows:
        logins = found[row.id]
        try:
            address = addresses.candidates(row, management_ip_only=False)[0]
        except StorageError:
            continue
        over_http = http_logins(map(transport_login, logins), [address])
        if row.id in by_rpcd and over_http:
            result[row.id] = way_in(over_http[0], address, SeenFrom(), over="http")
        elif logins:
            result[row.id] = way(address, logins)
    return result


def way(address: str, logins: list[Login]) -> Way:
    """The first login at an address; every key we have counts, since each may let us in."""
    first = logins[0]
    params: Mapping[str, object] = first.params
    jump = params.get("jump", ())
    keys = tuple(
        line for one in logins if one.kind == "key" and one.key and (line := _public(one)) != ""
    )
    return Way(
        address=address,
        port=first.port,
        user=first.username,
        login=first.kind,  # type: ignore[arg-type]  # one of the four kinds; the table says so
        public_keys=keys,
        password=first.password,
        jump=tuple(jump) if isinstance(jump, list | tuple) else (),
    )


def _public(login: Login) -> str:
    assert login.key is not None
    passphrase = login.passphrase.reveal() if login.passphrase else ""
    return _public_line(login.key.reveal(), passphrase)


@lru_cache(maxsize=256)
def _public_line(private: str, passphrase: str) -> str:
    """ "ssh-ed25519 AAAA…" of a private key; "" of one that cannot be read."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    secret = passphrase.encode() or None
    for load in (serialization.load_ssh_private_key, serialization.load_pem_private_key):
        try:
            key = load(private.encode(), secret)
            line = key.public_key().public_bytes(
                serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH
            )
        except (ValueError, TypeError, UnsupportedAlgorithm, AttributeError):
            continue
        return line.decode("ascii")
    return ""
