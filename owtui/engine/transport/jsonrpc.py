"""The JSON-RPC that uhttpd speaks for ubus: calls to bytes, bytes to answers, nothing else.

uhttpd answers HTTP 200 whatever happened; a fault is its own (no session, no object), a result
carries the status of ubus itself.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

ACCESS_DENIED = -32002  # no such session, refused by its ACL, or no such method
NO_OBJECT = -32000

OK, PERMISSION_DENIED = 0, 6  # ubus_msg_status


@dataclass(frozen=True, slots=True)
class Call:
    """One method of one object with its arguments."""

    obj: str
    method: str
    args: dict[str, object] = field(default_factory=dict, repr=False)  # may hold a password

    @property
    def words(self) -> str:
        """The call as a sentence names it."""
        return f"{self.obj} {self.method}"


@dataclass(frozen=True, slots=True)
class Result:
    """What ubus answered; `data` is {} where there is none."""

    status: int
    data: dict[str, object]


@dataclass(frozen=True, slots=True)
class Fault:
    """What uhttpd answered instead of ubus."""

    code: int


Answer = Result | Fault


def request(session: str, calls: Sequence[Call]) -> bytes:
    """Return the body of a POST: one request, or a batch with ids from 1."""
    requests = [
        {
            "jsonrpc": "2.0",
            "id": number,
            "method": "call",
            "params": [session, call.obj, call.method, call.args],
        }
        for number, call in enumerate(calls, 1)
    ]
    body = json.dumps(
        requests if len(requests) > 1 else requests[0], ensure_ascii=False, allow_nan=False
    )
    return body.encode("utf-8", "surrogateescape")


def answers(body: bytes, count: int) -> list[Answer]:
    """Return the answers in the order of the calls; bytes that are no UTF-8 become surrogates.

    Raises ValueError unless there is exactly one for each.
    """
    try:
        said = json.loads(body.decode("utf-8", "surrogateescape"))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    entries = said if isinstance(said, list) else [said]
    by_id = {e["id"]: e for e in entries if isinstance(e, dict) and _is_integer(e.get("id"))}
    if set(by_id) != set(range(1, count + 1)):
        fault = next(map(_answer, entries), None) if len(entries) == 1 else None
        if isinstance(fault, Fault) and count == 1:  # a parse error has no id
            return [fault]
        raise ValueError("other ids than were asked")
    return [_answer(by_id[number]) for number in range(1, count + 1)]


def _answer(entry: Any) -> Answer:
    error = entry.get("error") if isinstance(entry, dict) else None
    if isinstance(error, dict) and _is_integer(error.get("code")):
        return Fault(error["code"])
    result = entry.get("result") if isinstance(entry, dict) else None
    if isinstance(result, list) and result and _is_integer(result[0]):
        data = result[1] if len(result) > 1 else {}
        if isinstance(data, dict):
            return Result(result[0], data)
    raise ValueError("neither a result nor an error")


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
