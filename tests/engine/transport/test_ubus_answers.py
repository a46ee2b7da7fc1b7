"""What is asked of ubus and answered, as text: URLs, the captures, any bytes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from owtui.engine.transport import jsonrpc
from owtui.engine.transport.jsonrpc import Call, Fault, Result
from owtui.engine.transport.ubus import (
    url_of,
)
from owtui.errors import (
    InputError,
)
from tests.engine.transport.ubus_server import UbusServer


def test_the_url_is_the_connections_or_https_at_the_address() -> None:
    server = UbusServer(port=8080)
    plain = server.target(http_url="http://192.0.2.1")
    assert url_of(plain, plain.logins[0]) == "http://192.0.2.1/ubus"
    bare = server.target(http_url="")
    assert url_of(bare, bare.logins[0]) == "https://127.0.0.1/ubus"
    for url in ("ftp://x", "http://", "http://root:pw@192.0.2.1", "nonsense"):
        wrong = server.target(http_url=url)
        with pytest.raises(InputError) as caught:
            url_of(wrong, wrong.logins[0])
        assert "pw" not in str(caught.value)


def test_every_captured_answer_reads_as_it_was_described(shared_data: Path) -> None:
    """The transcript of a real device, answer by answer."""
    text = (shared_data / "openwrt/jsonrpc-transcript.txt").read_text()
    kinds = {}
    for block in text.split("## ")[1:]:
        title, asked, answered = block.splitlines()[:3]
        body = answered[2:].removesuffix(" [http 200]")
        if title == "batch" or not body.endswith("}"):
            continue  # cut short in the file
        (kinds[title],) = jsonrpc.answers(body.encode(), 1)
        if asked.startswith("> {"):
            with pytest.raises(ValueError):
                jsonrpc.answers(body.encode(), 2)
    assert kinds["call without a session"] == Fault(-32002)
    assert kinds["login, wrong password"] == Result(6, {})
    assert kinds["unknown object"] == Fault(-32000)
    assert kinds["malformed JSON"] == Fault(-32700)
    assert kinds["uci config that does not exist"] == Result(6, {})
    assert kinds["uci confirm"] == Result(0, {})
    assert isinstance(kinds["system board"], Result)
    assert len(kinds) >= 20


def test_a_request_reads_as_the_captured_one(shared_data: Path) -> None:
    text = (shared_data / "openwrt/jsonrpc-transcript.txt").read_text()
    (asked,) = (line for line in text.splitlines() if '"uci","get",{"config":"system"}' in line)
    session = json.loads(asked[2:])["params"][0]
    made = jsonrpc.request(session, [Call("uci", "get", {"config": "system"})])
    assert json.loads(made) == json.loads(asked[2:])


@given(st.binary(max_size=60), st.integers(1, 3))
def test_any_bytes_are_answers_or_a_value_error(body: bytes, count: int) -> None:
    try:
        answers = jsonrpc.answers(body, count)
    except ValueError:
        return
    assert len(answers) == count
