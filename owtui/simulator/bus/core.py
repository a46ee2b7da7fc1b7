"""Objects, methods and status codes, and calling one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..device import Device

OK, INVALID_COMMAND, INVALID_ARGUMENT, METHOD_NOT_FOUND, NOT_FOUND = range(5)
NO_DATA, PERMISSION_DENIED, TIMEOUT, NOT_SUPPORTED, UNKNOWN_ERROR, CONNECTION_FAILED = range(5, 11)
TEXTS = (
    "Success",
    "Invalid command",
    "Invalid argument",
    "Method not found",
    "Not found",
    "No response",
    "Permission denied",
    "Request timed out",
    "Operation not supported",
    "Unknown error",
    "Connection failed",
)
ROOT_SESSION = ""  # who calls from the device's own shell: nobody asks an ACL


class UbusError(Exception):
    """A call that did not succeed, with its status code."""

    def __init__(self, code: int) -> None:
        super().__init__(TEXTS[code])
        self.code = code


@dataclass(frozen=True, slots=True)
class Request:
    """One call: its arguments, and the rpcd session that makes it ("" for root's shell)."""

    device: Device
    args: Mapping[str, Any]
    session: str = ROOT_SESSION

    def text(self, name: str) -> str:
        """Return a string argument; raises UbusError where it is missing."""
        value = self.args.get(name)
        if not isinstance(value, str):
            raise UbusError(INVALID_ARGUMENT)
        return value

    def optional(self, name: str) -> str:
        value = self.args.get(name, "")
        if not isinstance(value, str):
            raise UbusError(INVALID_ARGUMENT)
        return value


Handler = Callable[[Request], Awaitable[dict[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class Method:
    """A method's parameters, name to type as `ubus -v list` tells them, and what it does."""

    parameters: Mapping[str, str]
    handler: Handler


Object = Mapping[str, Method]


class Family:
    """A group of objects of one daemon; made per device, so that its objects may come and go."""

    def __init__(self) -> None:
        self.methods: dict[str, dict[str, Method]] = {}

    def method(self, target: str, name: str, /, **parameters: str) -> Callable[[Handler], Handler]:
        """Register a handler as `target`.`name`."""

        def register(handler: Handler) -> Handler:
            self.methods.setdefault(target, {})[name] = Method(parameters, handler)
            return handler

        return register


class Bus:
    """All objects of one device."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def objects(self) -> dict[str, Object]:
        """Return the objects there are now, sorted by name."""
        from . import families  # the families know the bus; this breaks the circle

        return dict(sorted(families.objects(self._device).items()))

    def find(self, target: str) -> Object | None:
        """Return one object, or None."""
        from . import families

        return families.find(self._device, target)

    async def call(
        self, target: str, method: str, args: Mapping[str, Any], session: str = ROOT_SESSION
    ) -> dict[str, Any] | None:
        """Call a method; raises UbusError."""
        found = self.find(target)
        if found is None:
            raise UbusError(NOT_FOUND)
        if method not in found:
            raise UbusError(METHOD_NOT_FOUND)
        return await found[method].handler(Request(self._device, args, session))
