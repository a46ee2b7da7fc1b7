"""Logins and the connections that put them on devices; acceptance 15 where it is about order."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from sqlmodel import Session

from storage import credentials, devicelist, devices, organizations, service
from storage.db import Database
from storage.errors import MissingError, RuleError
from storage.logins import UNSUPPORTED_KEY, Draft, check
from storage.secrets import Secret, Vault
from storage.tables import Credentials, Device, now


def login(database: Database, vault: Vault, name: str = "all", **fields: Any) -> Credentials:
    given = {"password": Secret("opensesame"), **fields}
    return database.write(lambda s: credentials.create(s, vault, Draft(name, **given)))


def device(database: Database, name: str, **fields: Any) -> Device:
    return database.write(lambda s: devices.create(s, name, **fields))


def pem(
    private: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    encryption: KeySerializationEncryption | None = None,
    form: PrivateFormat = PrivateFormat.OpenSSH,
) -> Secret:
    text = private.private_bytes(Encoding.PEM, form, encryption or NoEncryption())
    return Secret(text.decode())


ED25519 = ed25519.Ed25519PrivateKey.generate()
RSA = rsa.generate_private_key(65537, 2048)
ECDSA = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    "draft",
    [
        Draft("ap", password=Secret("1234")),
        Draft("ap", kind="none"),
        Draft("ap", kind="agent"),
        Draft("ap", kind="key", key=pem(ED25519)),
        Draft("ap", kind="key", key=pem(RSA)),
        Draft("ap", kind="key", key=pem(RSA, form=PrivateFormat.PKCS8)),
        Draft("ap", kind="key", key=pem(RSA, form=PrivateFormat.TraditionalOpenSSL)),
        Draft(
            "ap",
            kind="key",
            key=pem(ED25519, BestAvailableEncryption(b"sesame"), PrivateFormat.PKCS8),
            passphrase=Secret("sesame"),
        ),
    ],
)
def test_logins_that_are_accepted(draft: Draft) -> None:
    assert check(draft) is draft


LOCKED = pem(ED25519, BestAvailableEncryption(b"sesame"), PrivateFormat.PKCS8)


@pytest.mark.parametrize(
    ("draft", "field", "sentence"),
    [
        (Draft("", password=Secret("1234")), "name", "need a name"),
        (Draft("ap", password=Secret("123")), "password", "at least 4"),
        (Draft("ap"), "password", "at least 4"),
        (Draft("ap", username="r", password=Secret("1234")), "username", "at least 2"),
        (Draft("ap", port=0, password=Secret("1234")), "port", "1 to 65535"),
        (Draft("ap", port=65536, password=Secret("1234")), "port", "1 to 65535"),
        (Draft("ap", kind="snmp"), "", "no login of kind snmp"),
        (Draft("ap", kind="agent", password=Secret("1234")), "kind", "no other secret"),
        (Draft("ap", kind="password", key=pem(ED25519)), "kind", "no other secret"),
        (Draft("ap", kind="key", key=Secret("short")), "key", "at least 64"),
        (Draft("ap", kind="key", key=Secret("x" * 64)), "key", UNSUPPORTED_KEY),
        (Draft("ap", kind="key", key=pem(ECDSA)), "key", UNSUPPORTED_KEY),
        (Draft("ap", kind="key", key=LOCKED), "passphrase", "which was not given"),
        (Draft("ap", kind="key", key=LOCKED, passphrase=Secret("x")), "key", UNSUPPORTED_KEY),
        (
            Draft("ap", kind="key", key=pem(RSA, form=PrivateFormat.PKCS8), passphrase=Secret("x")),
            "passphrase",
            "has no passphrase",
        ),
    ],
)
def test_logins_that_are_refused(draft: Draft, field: str, sentence: str) -> None:
    with pytest.raises(RuleError) as caught:
        check(draft)
    assert sentence in caught.value.sentence
    assert caught.value.field == field
    assert caught.value.__cause__ is None  # the library's own words may quote the key


def test_what_is_listed_holds_no_secret_and_what_is_used_does(
    database: Database, vault: Vault
) -> None:
    made = login(database, vault, username="admin", port=2222)
    ap = device(database, "ap-1")
    database.write(lambda s: credentials.attach(s, ap.id, made.id, params={"port": 22, "jump": []}))
    assert made.params == {"username": "admin", "port": 2222}
    (listed,) = database.read(credentials.rows)
    assert "opensesame" not in repr(listed)
    (used,) = database.read(lambda s: credentials.logins(s, vault, [ap.id]))[ap.id]
    assert (used.username, used.port, used.kind) == ("admin", 22, "password")
    assert used.params == {"username": "admin", "port": 22, "jump": []}
    assert used.password == Secret("opensesame")
    assert used.key is None
    assert "opensesame" not in repr(used)


def test_a_key_travels_with_its_passphrase(database: Database, vault: Vault) -> None:
    made = login(
        database, vault, kind="key", password=None, key=LOCKED, passphrase=Secret("sesame")
    )
    ap = device(database, "ap-1")
    database.write(lambda s: credentials.attach(s, ap.id, made.id))
    (used,) = database.read(lambda s: credentials.logins(s, vault, [ap.id]))[ap.id]
    assert (used.key, used.passphrase, used.password) == (LOCKED, Secret("sesame"), None)


@pytest.mark.parametrize("kind", ["agent", "none"])
def test_a_login_without_a_secret_seals_nothing(
    database: Database, vault: Vault, kind: str
) -> None:
    made = login(database, vault, kind=kind, password=None)
    ap = device(database, "ap-1")
    database.write(lambda s: credentials.attach(s, ap.id, made.id))
    (used,) = database.read(lambda s: credentials.logins(s, vault, [ap.id]))[ap.id]
    assert made.sealed is None
    assert (used.kind, used.password, used.key) == (kind, None, None)


def test_the_working_connection_is_tried_first_and_the_failed_one_last(
    database: Database, vault: Vault
) -> None:
    ap = device(database, "ap-1")
    ids = {}
    for name in ("failed", "untried", "disabled", "working"):
        made = login(database, vault, name)
        ids[name] = database.write(
            lambda s, m=made, n=name: credentials.attach(s, ap.id, m.id, enabled=n != "disabled")
        ).id
    for name, working in (("failed", False), ("working", True), ("disabled", True)):
        database.write(
            lambda s, n=name, w=working: credentials.record_attempt(
                s, ids[n], working=w, reason="no", at=now()
            )
        )
    ordered = database.read(lambda s: credentials.connections(s, ap.id))
    names = {number: name for name, number in ids.items()}
    assert [names[c.id] for c in ordered] == ["working", "untried", "failed", "disabled"]
    used = database.read(lambda s: credentials.logins(s, vault, [ap.id]))[ap.id]
    assert [u.name for u in used] == ["working", "untried", "failed"]
    assert [u.is_working for u in used] == [True, None, False]
    assert database.read(lambda s: devicelist.row(s, ap.id)).connections == 3


def test_an_attempt_is_recorded_and_says_what_was_known(database: Database, vault: Vault) -> None:
    made = login(database, vault)
    ap = device(database, "ap-1")
    connection = database.write(lambda s: credentials.attach(s, ap.id, made.id))
    at = now()

    def record(working: bool) -> bool | None:
        return database.write(
            lambda s: credentials.record_attempt(
                s, connection.id, working=working, reason="No route", at=at
            )
        )

    assert [record(True), record(False), record(False), record(True)] == [None, True, False, False]
    assert record(False)
    (kept,) = database.read(lambda s: credentials.connections(s, ap.id))
    assert (kept.is_working, kept.failure_reason, kept.last_attempt) == (False, "No route", at)
    assert (
        database.write(
            lambda s: credentials.record_attempt(s, uuid4(), working=True, reason="", at=at)
        )
        is None
    )


def test_an_auto_added_login_is_put_on_what_is_there_and_what_comes(
    database: Database, vault: Vault
) -> None:
    other = database.write(lambda s: organizations.create(s, "other"))
    mine, yours = device(database, "ap-1"), device(database, "ap-2", organization_id=other.id)
    database.write(lambda s: service.deactivate(s, mine.id))  # a deactivated one gets it too
    shared = login(database, vault, "shared", auto_add=True)
    own = login(database, vault, "own", auto_add=True, organization_id=other.id)
    late = device(database, "ap-3", organization_id=other.id)
    login(database, vault, "by hand")

    def has(row: Device) -> set[object]:
        return {
            c.credentials_id for c in database.read(lambda s: credentials.connections(s, row.id))
        }

    assert has(mine) == {shared.id}
    assert database.read(credentials.device_counts) == {shared.id: 3, own.id: 2}
    assert has(yours) == has(late) == {shared.id, own.id}


def test_auto_add_never_adds_twice_nor_undoes_what_was_set(
    database: Database, vault: Vault
) -> None:
    made = login(database, vault)
    ap, untouched = device(database, "ap-1"), device(database, "ap-2")
    database.write(
        lambda s: credentials.attach(s, ap.id, made.id, enabled=False, params={"port": 2222})
    )
    draft = Draft("all", password=Secret("opensesame"), auto_add=True)
    for _ in range(2):
        database.write(lambda s: credentials.replace(s, vault, made.id, draft))
    (kept,) = database.read(lambda s: credentials.connections(s, ap.id))
    assert (kept.enabled, kept.params) == (False, {"port": 2222})
    assert len(database.read(lambda s: credentials.connections(s, untouched.id))) == 1


def test_auto_add_reaches_a_large_fleet(database: Database, vault: Vault) -> None:
    def many(session: Session) -> None:
        home = organizations.default(session).id
        for number in range(600):  # more than a chunk
            session.add(
                Device(
                    organization_id=home,
                    name=f"ap-{number}",
                    key=f"k{number}",
                )
            )

    database.write(many)
    login(database, vault, auto_add=True)
    rows = database.read(devicelist.rows)
    assert {row.connections for row in rows} == {1}
    found = database.read(lambda s: credentials.logins(s, vault, [row.id for row in rows]))
    assert len(found) == 600
    assert all(len(used) == 1 for used in found.values())


def test_a_login_of_another_organization_is_refused(database: Database, vault: Vault) -> None:
    other = database.write(lambda s: organizations.create(s, "other"))
    foreign = login(database, vault, "foreign", organization_id=other.id)
    shared = login(database, vault, "shared")
    ap = device(database, "ap-1")
    with pytest.raises(RuleError) as caught:
        database.write(lambda s: credentials.attach(s, ap.id, foreign.id))
    assert caught.value.sentence == (
        "The organization of these credentials doesn't match the organization of the device"
    )
    database.write(lambda s: credentials.attach(s, ap.id, shared.id))
    taken = Draft("shared", password=Secret("opensesame"), organization_id=other.id)
    with pytest.raises(RuleError, match="doesn't match"):
        database.write(lambda s: credentials.replace(s, vault, shared.id, taken))


def test_names_are_unique_in_an_organization_and_among_the_shared(
    database: Database, vault: Vault
) -> None:
    other = database.write(lambda s: organizations.create(s, "other"))
    shared = login(database, vault, "all")
    own = login(database, vault, "all", organization_id=other.id)
    for clash in ({}, {"organization_id": other.id}):
        with pytest.raises(RuleError, match="Credentials with this Name and Organization"):
            login(database, vault, "all", **clash)
    assert database.read(lambda s: credentials.by_name(s, "all", other.id)).id == own.id
    home = device(database, "ap-1").organization_id
    assert database.read(lambda s: credentials.by_name(s, "all", home)).id == shared.id
    assert {row.id for row in database.read(lambda s: credentials.rows(s, home))} == {shared.id}
    with pytest.raises(MissingError):
        database.read(lambda s: credentials.by_name(s, "none"))


def test_a_replaced_login_is_used_by_all_its_connections(database: Database, vault: Vault) -> None:
    made = login(database, vault, auto_add=True)
    ap = device(database, "ap-1")
    draft = Draft("new", kind="key", key=pem(ED25519))
    database.write(lambda s: credentials.replace(s, vault, made.id, draft))
    (used,) = database.read(lambda s: credentials.logins(s, vault, [ap.id]))[ap.id]
    assert (used.name, used.kind, used.password) == ("new", "key", None)
    assert used.key == draft.key


def test_removing_a_login_or_a_connection(database: Database, vault: Vault) -> None:
    made = login(database, vault, auto_add=True)
    first, second = device(database, "ap-1"), device(database, "ap-2")
    (connection,) = database.read(lambda s: credentials.connections(s, first.id))
    database.write(lambda s: credentials.detach(s, connection.id))
    assert database.read(lambda s: credentials.connections(s, first.id)) == []
    database.write(lambda s: credentials.remove(s, made.id))
    assert database.read(lambda s: credentials.connections(s, second.id)) == []
    with pytest.raises(MissingError):
        database.write(lambda s: credentials.remove(s, made.id))


def test_a_device_without_credentials_has_none(database: Database, vault: Vault) -> None:
    ap = device(database, "ap-1")
    assert database.read(lambda s: credentials.logins(s, vault, [ap.id])) == {ap.id: []}
    with pytest.raises(MissingError):
        database.write(lambda s: credentials.attach(s, ap.id, uuid4()))
    made = login(database, vault)
    with pytest.raises(MissingError):
        database.write(lambda s: credentials.attach(s, uuid4(), made.id))
    with pytest.raises(RuleError, match="is not a port"):
        database.write(lambda s: credentials.attach(s, ap.id, made.id, params={"port": "22"}))
