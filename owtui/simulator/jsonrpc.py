"""/ubus: uhttpd's JSON-RPC in front of the bus, with its codes and its order of checks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .bus.core import INVALID_ARGUMENT, PERMISSION_DENIED, UbusError
from .jsontext import compact
from .rpcd import DEFAULT_TIMEOUT_S, NO_SESSION

if TYPE_CHECKING:
    from .device import Device

PARSE_ERROR = -32700, "Parse error"
INVALID_REQUEST = -32600, "Invalid request"
NO_METHOD = -32601, "Method not found"
ACCESS_DENIED = -32002, "Access denied"
NO_OBJECT = -32000, "Object not found"


class JsonRpc:
    """Answers request bodies for one device."""

    def __init__(self, device: Device) -> None:
        self._device = device

    async def answer(self, body: bytes) -> str:
        """Return the answer to a body: one object, or a list for a batch."""
        try:
            request = json.loads(body)
        except ValueError:
            return compact(_error(None, PARSE_ERROR))
        if isinstance(request, list):
            return compact([await self._one(item) for item in request])
        return compact(await self._one(request))

    async def _one(self, request: Any) -> dict[str, Any]:
        if not isinstance(request, dict):
            return _error(None, INVALID_REQUEST)
        id_ = request.get("id")
        method, params = request.get("method"), request.get("params")
        if request.get("jsonrpc") != "2.0" or not isinstance(method, str):
            return _error(id_, INVALID_REQUEST)
        if method == "list":
            return self._list(id_, params)
        if method != "call":
            return _error(id_, NO_METHOD)
        if not isinstance(params, list) or len(params) < 3:
            return _error(id_, PARSE_ERROR)
        session, target, name = params[:3]
        args = params[3] if len(params) > 3 else {}
        if not all(isinstance(p, str) for p in (session, target, name)):
            return _error(id_, PARSE_ERROR)
        return await self._call(id_, (session, target, name), args)

    def _list(self, id_: Any, params: Any) -> dict[str, Any]:
        objects = self._device.bus.objects()
        names = params if isinstance(params, list) and params else []
        if not names:
            return _result(id_, list(objects))
        return _result(
            id_,
            {
                name: {m: dict(spec.parameters) for m, spec in objects[name].items()}
                for name in names
                if name in objects
            },
        )

    async def _call(self, id_: Any, path: tuple[str, str, str], args: Any) -> dict[str, Any]:
        session, target, method = path
        device = self._device
        if target == "session":
            return await self._session(id_, session, method, args)
        found = device.bus.find(target)
        if found is None:
            return _error(id_, NO_OBJECT)
        if not device.rpcd.may_call(session, target, method):
            return _error(id_, ACCESS_DENIED)
        if method not in found and device.identity.luci != "full":
            return _error(id_, ACCESS_DENIED)
        if not isinstance(args, dict):
            return _result(id_, [INVALID_ARGUMENT])
        try:
            self._check(target, method, args)
            answer = await device.bus.call(target, method, args, session)
        except UbusError as error:
            return _result(id_, [error.code])
        return _result(id_, [0] if answer is None else [0, answer])

    def _check(self, target: str, method: str, args: dict[str, Any]) -> None:
        """Apply the ACLs of files and packages; raises UbusError 6."""
        device = self._device
        if target == "file":
            path = args.get("command" if method == "exec" else "path")
            if not isinstance(path, str):
                raise UbusError(INVALID_ARGUMENT)
            if not device.rpcd.may_use_file(method, path, args.get("params")):
                raise UbusError(PERMISSION_DENIED)
        config = args.get("config")
        limited = device.identity.luci != "full" and isinstance(config, str)
        known = set(device.uci.names()) - device.rpcd.closed
        if target == "uci" and limited and config not in known:
            raise UbusError(PERMISSION_DENIED)

    async def _session(self, id_: Any, session: str, method: str, args: Any) -> dict[str, Any]:
        device = self._device
        if not isinstance(args, dict):
            return _result(id_, [INVALID_ARGUMENT])
        if method == "login":
            return self._login(id_, args)
        if method == "access":
            if session != NO_SESSION and not device.rpcd.touch(session):
                return _error(id_, ACCESS_DENIED)  # it has ended and may not even ask
            return self._access(id_, session, args)
        if device.identity.luci != "full" or not device.rpcd.touch(session):
            return _error(id_, ACCESS_DENIED)
        if method == "destroy":
            device.rpcd.sessions.pop(args.get("ubus_rpc_session", session), None)
            return _result(id_, [0])
        if method == "list":
            return _result(id_, [0, {"ubus_rpc_session": session}])
        return _result(id_, [3])

    def _login(self, id_: Any, args: dict[str, Any]) -> dict[str, Any]:
        username, password = args.get("username"), args.get("password")
        timeout = args.get("timeout", DEFAULT_TIMEOUT_S)
        if not isinstance(username, str) or not isinstance(password, str):
            return _result(id_, [INVALID_ARGUMENT])
        if not isinstance(timeout, int) or timeout < 0:
            return _result(id_, [INVALID_ARGUMENT])
        try:
            session = self._device.rpcd.login(username, password, timeout)
        except UbusError as error:
            return _result(id_, [error.code])
        answer = {
            "ubus_rpc_session": session.id,
            "timeout": session.timeout,
            "expires": session.timeout,
            "acls": self._device.rpcd.acls(),
            "data": {"username": username},
        }
        return _result(id_, [0, answer])

    def _access(self, id_: Any, session: str, args: dict[str, Any]) -> dict[str, Any]:
        target, method = args.get("object"), args.get("function")
        if session == NO_SESSION and "ubus_rpc_session" in args:
            session = str(args["ubus_rpc_session"])
        if not isinstance(target, str) or not isinstance(method, str):
            return _result(id_, [0, self._device.rpcd.acls()])
        allowed = self._device.rpcd.may_call(session, target, method)
        return _result(id_, [0, {"access": allowed}])


def _error(id_: Any, error: tuple[int, str]) -> dict[str, Any]:
    code, message = error
    return {"jsonrpc": "2.0", "id": id_, "error": {"code": code, "message": message}}


def _result(id_: Any, result: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": id_, "result": result}
