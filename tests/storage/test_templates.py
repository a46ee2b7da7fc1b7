"""Templates in storage: names, generations, clones, and what others use of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlmodel import Session

from storage import assigning, configs, devices, organizations, revisions, templates
from storage.db import Database
from storage.errors import MissingError, RuleError, StaleError
from storage.packed import Box
from storage.secrets import Vault
from storage.tables import Template
from storage.templates import By, Draft

T = TypeVar("T")
BY = By("ada", "jump")
CANARY = "canary-7f3a"
CONFIG = {"interfaces": [{"name": "wlan0", "key": CANARY}]}


class Shelf:
    def __init__(self, database: Database, vault: Vault) -> None:
        self.database, self.vault = database, vault

    def write(self, fn: Callable[[Session, Box], T]) -> T:
        return self.database.write(lambda s: fn(s, Box(s, self.vault)))

    def read(self, fn: Callable[[Session, Box], T]) -> T:
        return self.database.read(lambda s: fn(s, Box(s, self.vault)))

    def make(self, name: str = "t", **fields: Any) -> Template:
        draft = Draft(**{"name": name, "config": CONFIG, **fields})
        return self.write(lambda s, box: templates.create(s, box, draft, BY))

    def edit(self, id_: UUID, *, expected: int | None = None, **fields: Any) -> Template:
        def write(session: Session, box: Box) -> Template:
            draft = templates.draft_of(box, templates.get(session, id_))
            changed = Draft(**{name: getattr(draft, name) for name in Draft.__slots__} | fields)
            return templates.update(session, box, id_, changed, BY, expected=expected)

        return self.write(write)

    def draft(self, id_: UUID) -> Draft:
        return self.read(lambda s, box: templates.draft_of(box, templates.get(s, id_)))

    def organization(self, name: str) -> UUID:
        return self.write(lambda s, box: organizations.create(s, name).id)


@pytest.fixture
def shelf(database: Database, vault: Vault) -> Shelf:
    return Shelf(database, vault)


def test_a_template_comes_back_as_it_was_written(shelf: Shelf) -> None:
    made = shelf.make(" base ", default_values={"a": 1}, tags=["b", "a", "a"], notes=" n ")
    found = shelf.draft(made.id)
    assert (found.name, found.config, found.default_values) == ("base", CONFIG, {"a": 1})
    assert (found.tags, found.notes, made.generation) == (("a", "b"), "n", 1)
    assert CANARY.encode() not in made.sealed
    assert CANARY not in repr(found)
    counters = shelf.database.revisions()
    assert counters[revisions.TEMPLATES] == 1


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "  "}, "A template needs a name."),
        ({"name": "x" * 65}, "longer than 64 characters"),
        ({"config": {}}, "The configuration field cannot be empty."),
        ({"config": []}, "The configuration is not a JSON object."),
        ({"default_values": [1]}, "the supplied value is not a JSON object"),
        ({"default_values": {"a b": 1}}, "'a b' cannot be the name of a variable."),
        ({"backend": "x"}, "There is no backend 'x'."),
        ({"type": "vpn"}, 'A VPN must be selected when template type is "VPN"'),
        ({"type": "cert"}, "neither generic nor vpn"),
        ({"tags": ["a b"]}, "must not contain spaces"),
    ],
)
def test_what_breaks_a_rule_is_refused(shelf: Shelf, fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RuleError, match=sentence):
        shelf.make(**fields)


def test_names_are_unique_within_an_organization_and_shared_ones_everywhere(
    shelf: Shelf,
) -> None:
    org1, org2 = shelf.organization("org1"), shelf.organization("org2")
    shelf.make("a", organization_id=org1)
    shelf.make("a", organization_id=org2)
    shelf.make("b")
    for fields, sentence in (
        ({"name": "a", "organization_id": org1}, "with this Organization and Name already exists"),
        ({"name": "b", "organization_id": org1}, "another shared template with this name"),
        ({"name": "b"}, "with this Organization and Name already exists"),
        ({"name": "a"}, "a template of another organization with this name"),
    ):
        with pytest.raises(RuleError, match=sentence):
            shelf.make(**fields)


def test_two_editors_do_not_overwrite_each_other(shelf: Shelf) -> None:
    made = shelf.make()
    shelf.edit(made.id, notes="mine", expected=1)
    with pytest.raises(StaleError, match="it is v2 now, yours began at v1"):
        shelf.edit(made.id, notes="yours", expected=1)
    assert shelf.draft(made.id).notes == "mine"


def test_generations_tell_who_wrote_what_and_outlive_the_template(shelf: Shelf) -> None:
    made = shelf.make()
    shelf.edit(made.id, config={"general": {}, "x": []})
    assert shelf.edit(made.id, config={"general": {}, "x": []}).generation == 2  # nothing new
    shelf.write(lambda s, box: templates.remove(s, made.id))
    with pytest.raises(MissingError):
        shelf.read(lambda s, box: templates.get(s, made.id))
    kept = shelf.read(lambda s, box: templates.history(s, made.id))
    assert [(one.number, one.operator, one.host) for one in kept] == [
        (2, "ada", "jump"),
        (1, "ada", "jump"),
    ]
    first = shelf.read(lambda s, box: templates.draft_of_generation(box, kept[1]))
    assert first.config == CONFIG
    assert [one.name for one in shelf.read(lambda s, box: templates.removed(s))] == ["t"]
    again = shelf.write(lambda s, box: templates.recover(s, box, made.id, BY))
    assert (again.id, again.generation) == (made.id, 3)
    assert shelf.read(lambda s, box: templates.removed(s)) == []
    with pytest.raises(RuleError, match="was not removed"):
        shelf.write(lambda s, box: templates.recover(s, box, made.id, BY))


def test_clones_are_counted_and_never_default(shelf: Shelf) -> None:
    made = shelf.make("X", default=True)
    needed = shelf.make("Y" * 64, required=True)

    def clone(id_: UUID, **how: Any) -> Template:
        return shelf.write(lambda s, box: templates.clone(s, box, id_, BY, **how))

    first, second = clone(made.id), clone(made.id)
    assert [first.name, second.name] == ["X (Clone)", "X (Clone 2)"]
    assert not first.default
    copy = clone(needed.id)
    assert copy.name == "Y" * 56 + " (Clone)"
    assert copy.required and copy.default  # a required one is always a default one
    org1 = shelf.organization("org1")
    assert clone(made.id, organization_id=org1).organization_id == org1


def test_what_is_used_keeps_its_backend_and_its_owner(shelf: Shelf) -> None:
    org1, org2 = shelf.organization("org1"), shelf.organization("org2")
    made = shelf.make()

    def use(session: Session, box: Box) -> None:
        device = devices.create(session, "ap-1", organization_id=org1)
        assigning.add(session, configs.ensure(session, device.id), [made.id])

    shelf.write(use)
    with pytest.raises(RuleError, match="cannot change while devices use it"):
        shelf.edit(made.id, backend="netjsonconfig.OpenWisp")
    with pytest.raises(RuleError, match="used by 1 devices or groups of other organizations"):
        shelf.edit(made.id, organization_id=org2)
    assert shelf.edit(made.id, organization_id=org1).organization_id == org1


def test_by_name_an_organization_means_its_own_or_the_shared_one(shelf: Shelf) -> None:
    org1, org2 = shelf.organization("org1"), shelf.organization("org2")
    mine = shelf.make("a", organization_id=org1)
    shelf.make("a", organization_id=org2)
    assert shelf.read(lambda s, box: templates.by_name(s, "a", org1)).id == mine.id
    with pytest.raises(RuleError, match="Several organizations have a template a"):
        shelf.read(lambda s, box: templates.by_name(s, "a"))
    with pytest.raises(MissingError, match="There is no template b"):
        shelf.read(lambda s, box: templates.by_name(s, "b"))
