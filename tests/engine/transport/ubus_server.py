"""A small uhttpd with rpcd behind it: real sockets, real HTTP, as the captured transcript answers.

Objects are plain functions; sessions, expiry, ACLs and the codes of refusals are as
reference/openwrt.md describes them.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import fnmatch
import hashlib
import json
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import h11

from owtui.engine.transport.base import Login, Target
from storage.secrets import Secret

NOBODY = "0" * 32
LOGIN_ONLY = {"session": ["access", "login"]}
ALL = {"*": ["*"]}
READING = {
    **LOGIN_ONLY,
    "system": ["board", "info"],
    "network.*": ["dump", "status"],
    "uci": ["get"],
    "file": ["read", "stat", "exec"],
}

Method = Callable[[dict[str, Any]], Any]  # a dict, a status, or (status, dict)


@dataclass
class UbusServer:
    """One device's /ubus. `now` is its clock in seconds; tests move it."""

    password: str = "secret"
    acl: dict[str, list[str]] = field(default_factory=lambda: dict(ALL))
    objects: dict[str, dict[str, Method]] = field(default_factory=dict)
    sessions: dict[str, float] = field(default_factory=dict)
    now: float = 0.0
    lifetime: int | None = None  # None: what the login asks for
    logins: int = 0
    posts: int = 0
    connections: int = 0
    calls: list[str] = field(default_factory=list)
    respond: Callable[[bytes], tuple[int, bytes]] | None = None  # instead of ubus
    gate: asyncio.Event | None = None  # answers wait for it
    hang_up: bool = False  # close instead of answering
    port: int = 0
    scheme: str = "http"
    _lifetime: float = 0.0
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/ubus"

    def target(self, **login: Any) -> Target:
        kept = Login(None, "password", secret=Secret(self.password), http_url=self.url)
        kept = dataclasses.replace(kept, **login)
        return Target(uuid4(), "ap-01", ("127.0.0.1",), (kept,))

    @contextlib.asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[UbusServer]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=tls)
        self.port = server.sockets[0].getsockname()[1]
        self.scheme = "https" if tls else "http"
        try:
            yield self
        finally:
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    def restart_rpcd(self) -> None:
        self.sessions.clear()

    # -- HTTP ---------------------------------------------------------------------------------

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.create_task(self._serve(reader, writer), name="ubus server")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        http = h11.Connection(h11.SERVER)
        body = b""
        try:
            while True:
                event = http.next_event()
                if event is h11.NEED_DATA:
                    http.receive_data(await reader.read(65536))
                elif isinstance(event, h11.Data):
                    body += event.data
                elif isinstance(event, h11.EndOfMessage):
                    status, reply = await self._reply(body)
                    if self.hang_up:
                        return
                    headers = [("content-length", str(len(reply)))]
                    if status == 301:
                        headers.append(("location", "http://127.0.0.1:1/elsewhere"))
                    writer.write(http.send(h11.Response(status_code=status, headers=headers)))
                    writer.write(http.send(h11.Data(data=reply)) + http.send(h11.EndOfMessage()))
                    await writer.drain()
                    http.start_next_cycle()
                    body = b""
                elif isinstance(event, h11.ConnectionClosed):
                    return
        except (ConnectionError, h11.RemoteProtocolError, ssl.SSLError):
            return
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _reply(self, body: bytes) -> tuple[int, bytes]:
        self.posts += 1
        if self.gate is not None:
            await self.gate.wait()
        if self.respond is not None:
            return self.respond(body)
        try:
            asked = json.loads(body.decode("utf-8", "surrogateescape"))
        except ValueError:
            return 200, json.dumps(_error(None, -32700, "Parse error")).encode()
        said = [self._one(q) for q in asked] if isinstance(asked, list) else self._one(asked)
        return 200, json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogateescape")

    # -- rpcd ---------------------------------------------------------------------------------

    def _one(self, question: dict[str, Any]) -> dict[str, Any]:
        number, params = question.get("id"), question.get("params", [])
        if len(params) < 4:
            return _error(number, -32700, "Parse error")
        session, obj, method, args = params
        self.calls.append(f"{obj} {method}")
        if (obj, method) == ("session", "login"):
            return _result(number, self._login(args))
        if not self._alive(session):
            return _error(number, -32002, "Access denied")
        if (obj, method) == ("session", "access"):
            return _result(number, {"access": self._may(args["object"], args["function"])})
        if obj not in self.objects:
            return _error(number, -32000, "Object not found")
        known = method in self.objects[obj]
        if not self._may(obj, method) or (not known and "*" not in self.acl):
            return _error(number, -32002, "Access denied")
        return _result(number, self.objects[obj][method](args) if known else 3)

    def _login(self, args: dict[str, Any]) -> Any:
        if args["password"] != self.password:
            return 6
        self.logins += 1
        session = hashlib.md5(str(self.logins).encode()).hexdigest()
        lifetime = self.lifetime if self.lifetime is not None else args.get("timeout", 300)
        self.sessions[session] = self.now + lifetime
        self._lifetime = lifetime
        return {"ubus_rpc_session": session, "timeout": lifetime, "acls": {"ubus": self.acl}}

    def _alive(self, session: str) -> bool:
        if self.sessions.get(session, -1.0) < self.now:
            self.sessions.pop(session, None)
            return False
        self.sessions[session] = self.now + self._lifetime
        return True

    def _may(self, obj: str, method: str) -> bool:
        return any(
            fnmatch.fnmatchcase(obj, o) and any(fnmatch.fnmatchcase(method, m) for m in methods)
            for o, methods in self.acl.items()
        )


def _error(number: Any, code: int, message: str) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "error": {"code": code, "message": message}}


def _result(number: Any, outcome: Any) -> dict[str, Any]:
    if isinstance(outcome, int):
        result: list[Any] = [outcome]
    elif isinstance(outcome, tuple):
        result = list(outcome)
    else:
        result = [0, outcome]
    return {"jsonrpc": "2.0", "id": number, "result": result}


class Files:
    """rpcd's `file` object over a dictionary; `room` bytes fit, `forbidden` paths are refused."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.modes: dict[str, int] = {}
        self.room = 1 << 30
        self.forbidden: Callable[[str], bool] = lambda path: False
        self.ran: list[list[str]] = []
        self.run: Callable[[list[str]], Any] = lambda words: 6

    def methods(self) -> dict[str, Method]:
        return {
            "read": self._read,
            "write": self._write,
            "md5": self._md5,
            "remove": self._remove,
            "exec": self._exec,
        }

    def _read(self, args: dict[str, Any]) -> Any:
        path = args["path"]
        if self.forbidden(path):
            return 6
        if path not in self.content:
            return 4
        data = self.content[path]
        if len(data) >= 256 * 1024:
            return 8
        if not data:
            return 5
        if args.get("base64"):
            return {"data": base64.b64encode(data).decode()}
        return {"data": data.decode("utf-8", "surrogateescape").partition("\0")[0]}

    def _write(self, args: dict[str, Any]) -> Any:
        path = args["path"]
        if self.forbidden(path):
            return 6
        data = base64.b64decode(args["data"]) if args.get("base64") else args["data"].encode()
        old = self.content.get(path, b"") if args.get("append") else b""
        if sum(map(len, self.content.values())) + len(data) > self.room:
            return 9
        self.content[path] = old + data
        self.modes.setdefault(path, args.get("mode", 0o644))
        return 0

    def _md5(self, args: dict[str, Any]) -> Any:
        if args["path"] not in self.content:
            return 4
        return {"md5": hashlib.md5(self.content[args["path"]]).hexdigest()}

    def _remove(self, args: dict[str, Any]) -> Any:
        return 0 if self.content.pop(args["path"], None) is not None else 4

    def _exec(self, args: dict[str, Any]) -> Any:
        self.ran.append([args["command"], *args.get("params", [])])
        return self.run(self.ran[-1])
