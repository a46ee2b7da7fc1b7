"""Somebody else at a device's LuCI: a session of its own, with no code of ours."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.engine.configs.httpplace import HttpPlace


class LuCI:
    """A login at one device; `call` returns ubus's status."""

    def __init__(self, client: httpx.AsyncClient, url: str, password: str) -> None:
        self._client = client
        self._url = url
        self._password = password
        self._session = "0" * 32

    @classmethod
    @asynccontextmanager
    async def of(cls, place: HttpPlace) -> AsyncIterator[LuCI]:
        """At the one device of a place."""
        device = place.device
        async with httpx.AsyncClient(trust_env=False) as client:
            url = f"http://{device.address}:{device.http_port}/ubus"
            yield cls(client, url, device.password)

    async def login(self) -> None:
        """Have a session, at the latest now."""
        told = await self._post("session", "login", username="root", password=self._password)
        self._session = told[1]["ubus_rpc_session"]

    async def call(self, obj: str, method: str, **args: Any) -> int:
        """Call a method; 0 is success."""
        if self._session == "0" * 32:
            await self.login()
        return int((await self._post(obj, method, **args))[0])

    async def stage(self, package: str, section: str, **values: str) -> None:
        """Set options, uncommitted."""
        assert not await self.call("uci", "set", config=package, section=section, values=values)

    async def apply(self, *, rollback: bool) -> int:
        """Apply what is staged."""
        return await self.call("uci", "apply", rollback=rollback, timeout=200)

    async def _post(self, obj: str, method: str, **args: Any) -> list[Any]:
        body = {"jsonrpc": "2.0", "id": 1, "method": "call"}
        answer = await self._client.post(
            self._url, json={**body, "params": [self._session, obj, method, args]}
        )
        found: list[Any] = answer.json()["result"]
        return found
