"""What is a DeviceMonitoring document: what fits is accepted, all else is refused with its path."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from owtui.engine.monitoring.document import LARGEST, check
from owtui.engine.monitoring.documentschema import SCHEMA
from owtui.errors import InputError

BY_THE_LIBRARY = Draft7Validator(SCHEMA)
SENTENCE = re.compile(r'Invalid data in "#/([^"]*)", validator says: .+', re.S)

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


def fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that fit a schema of ours."""
    if "if" in schema:
        return st.just({}) | fitting(schema["else"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema["type"]
    if isinstance(kind, list):
        return st.one_of([fitting({"type": one}) for one in kind])
    if kind == "string" and "pattern" in schema:
        return st.from_regex(
            rf"\A[0-9]{{{schema['minLength']},{schema['maxLength']}}}\Z", fullmatch=True
        )
    if kind == "array":
        least, most = schema.get("minItems", 0), schema.get("maxItems", 2)
        return st.lists(fitting(schema["items"]), min_size=least, max_size=most)
    if kind == "object":
        every = schema["properties"]
        needed = {*schema.get("required", ()), *_one_of(schema)}
        return st.fixed_dictionaries(
            {name: fitting(every[name]) for name in needed},
            optional={name: fitting(one) for name, one in every.items() if name not in needed},
        )
    plain = {
        "string": st.text(max_size=4),
        "integer": st.integers(-LARGEST, LARGEST),
        "number": st.integers(-LARGEST, LARGEST) | st.floats(-LARGEST, LARGEST),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return plain[kind]


def _one_of(schema: dict[str, Any]) -> list[str]:
    return list(schema["anyOf"][0]["required"]) if "anyOf" in schema else []


@settings(max_examples=60)
@given(fitting(SCHEMA))
def test_what_fits_is_accepted(document: Any) -> None:
    check(document)
    assert BY_THE_LIBRARY.is_valid(document)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    if isinstance(value, dict):
        pairs = list(value.items())
    else:
        pairs = list(enumerate(value)) if isinstance(value, list) else []
    for key, inner in pairs:
        found += places(inner, (*path, key))
    return found


@settings(max_examples=60)  # a whole document each: 0.2 s
@given(st.data())
def test_a_changed_document_is_judged_as_jsonschema_does(data: st.DataObject) -> None:
    """One value anywhere is replaced, or a key is taken away or added."""
    document = data.draw(fitting(SCHEMA))
    path = data.draw(st.sampled_from(places(document)))
    if not path:
        document = data.draw(anything)
    else:
        parent = document
        for step in path[:-1]:
            parent = parent[step]
        if data.draw(st.booleans()) and isinstance(parent, dict):
            del parent[path[-1]]
            parent["more"] = 1
        else:
            parent[path[-1]] = data.draw(anything)
    judged_alike(document)


@given(anything)
def test_anything_at_all_is_judged_as_jsonschema_does(document: Any) -> None:
    judged_alike(document)
    judged_alike({"type": "DeviceMonitoring", "interfaces": document})


def has_beyond(value: Any) -> bool:
    if isinstance(value, dict | list):
        return any(map(has_beyond, value.values() if isinstance(value, dict) else value))
    return isinstance(value, int | float) and not -LARGEST <= value <= LARGEST


def judged_alike(document: Any) -> None:
    errors = list(BY_THE_LIBRARY.iter_errors(document))
    beyond = has_beyond(document)  # jsonschema takes it for a number, and so may it be refused
    try:
        check(document)
    except InputError as error:
        found = SENTENCE.fullmatch(error.sentence)
        assert found
        assert errors or beyond
        if errors and not beyond:
            assert found[1] in {"/".join(map(str, one.absolute_path)) for one in errors}
    else:
        assert not errors


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ([], "#/\", validator says: [] is not of type 'object'"),
        ({}, "#/\", validator says: 'type' is a required property"),
        (
            {"type": "DeviceConfiguration"},
            "#/type\", validator says: 'DeviceConfiguration' is not one of",
        ),
        (
            {"type": "DeviceMonitoring", "interfaces": [{"name": "a"}, {"name": 1}]},
            "#/interfaces/1/name\", validator says: 1 is not of type 'string'",
        ),
        (
            {"type": "DeviceMonitoring", "neighbors": [{"ip": "", "interface": "", "age": 1}]},
            '#/neighbors/0", validator says: Additional properties are not allowed'
            " ('age' was unexpected)",
        ),
    ],
)
def test_the_words_are_openwisps(document: Any, sentence: str) -> None:
    with pytest.raises(InputError) as caught:
        check(document)
    assert sentence in caught.value.sentence


def test_what_is_nested_without_end_or_no_number_is_refused_and_harms_nothing() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    check({"type": "DeviceMonitoring", "unknown": deep})
    for wrong in (deep, float("nan"), float("inf"), True, 10**400, 1e300):
        with pytest.raises(InputError, match="#/resources/cpus"):
            check({"type": "DeviceMonitoring", "resources": {"cpus": wrong}})
    while deep:  # Python takes nested lists apart by recursion of its own
        deep = deep.pop()


def test_clients_of_an_access_point_may_be_an_empty_object_and_he_null() -> None:
    client = dict.fromkeys(("auth", "authorized", "wmm", "mfp"), True)
    client |= {"mac": "a", "ht": None, "vht": None, "he": None}  # type: ignore[dict-item]
    wireless: dict[str, Any] = dict.fromkeys(("channel", "frequency", "noise", "tx_power"), 1)
    wireless |= {"country": "US", "mode": "access_point", "ssid": "x"}
    document = {"type": "DeviceMonitoring", "interfaces": [{"name": "a", "wireless": wireless}]}
    for clients in ({}, [], [client]):
        wireless["clients"] = clients
        check(document)
    wireless["clients"] = {"a": 1}
    with pytest.raises(InputError, match="#/interfaces/0/wireless/clients"):
        check(document)


def test_documents_of_agents_and_of_openwisps_own_tests_are_accepted(shared_data: Path) -> None:
    check(json.loads((shared_data / "openwrt/netjson-monitoring-dev1.json").read_text()))
    found = sorted((shared_data / "monitoring/server").glob("*.json"))
    upstream = schema_of(shared_data)
    accepted = 0
    for path in found:
        document = json.loads(path.read_text())
        if upstream.is_valid(document):
            check(document)
            accepted += 1
    assert accepted > 5


def schema_of(folder: Path) -> Draft7Validator:
    path = folder / "monitoring/device-monitoring.schema.json"
    return Draft7Validator(json.loads(path.read_text()))
