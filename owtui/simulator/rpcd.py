"""rpcd's memory: sessions, what they may call, and the one configuration change on probation.

All of it is in RAM: a restart of rpcd or a reboot forgets sessions and pending rollbacks, as on
a device.
"""

from __future__ import annotations

import asyncio
import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .acls import GRANTS, may_use_cgi, may_use_file, scopes
from .bus.core import NO_DATA, PERMISSION_DENIED, UbusError
from .files import plain
from .ucistore import CONFIG, UciStore

if TYPE_CHECKING:
    from .device import Device

NO_SESSION = "0" * 32
DEFAULT_TIMEOUT_S = 300


@dataclass(slots=True)
class Session:
    """One login; every call moves `expires`, in the clock's seconds."""

    id: str
    timeout: int
    expires: float


@dataclass(slots=True)
class Probation:
    """An applied change that will be undone unless its session confirms."""

    session: str
    files: dict[str, bytes]
    staged: dict[str, bytes]  # path → what the session had staged
    timer: asyncio.Task[None]


class Rpcd:
    """The sessions and the pending rollback of one device."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self.sessions: dict[str, Session] = {}
        self.closed: set[str] = set()  # packages that the ACL does not open
        self._pending: Probation | None = None

    @property
    def grants(self) -> dict[str, tuple[str, ...]]:
        return GRANTS[self._device.identity.luci]

    def forget(self) -> None:
        """Restart: sessions and the pending rollback are gone, what was applied stays."""
        self.sessions.clear()
        self._drop_pending()

    def reload(self) -> None:
        """SIGHUP: it executes itself anew; sessions survive, the pending rollback does not."""
        self._drop_pending()

    @property
    def is_pending(self) -> bool:
        """Whether a change waits for its confirm."""
        return self._pending is not None

    def expire(self) -> None:
        """The window of what is pending is over at this moment."""
        if self._pending is not None:
            self._pending.timer.cancel()
        self._undo()

    def _drop_pending(self) -> None:
        if self._pending is not None:
            self._pending.timer.cancel()
            self._pending = None

    # -- sessions --------------------------------------------------------------------------

    def login(self, username: str, password: str, timeout: int) -> Session:
        """Open a session; raises UbusError 6 for a wrong name or password.

        While a change of the same user is pending its session is given back.
        """
        device = self._device
        if username != "root" or not device.password_is(password):
            device.effects.refused_logins += 1
            raise UbusError(PERMISSION_DENIED)
        device.effects.logins += 1
        if self._pending is not None and (old := self.touch(self._pending.session)):
            return old
        session = Session(device.random.randbytes(16).hex(), timeout, 0.0)
        self.sessions[session.id] = session
        self.touch(session.id)
        return session

    def touch(self, session_id: str) -> Session | None:
        """Return a live session and renew it, or None."""
        session = self.sessions.get(session_id)
        if session is None:
            return None
        now = self._device.clock.monotonic()
        if session.expires and session.expires < now:
            del self.sessions[session_id]
            return None
        session.expires = now + session.timeout
        return session

    def may_call(self, session_id: str, target: str, method: str) -> bool:
        """Tell whether a session may call a method of an object."""
        grants = self.grants if self.touch(session_id) else GRANTS["none"]
        return any(
            fnmatch.fnmatchcase(target, pattern) and ("*" in methods or method in methods)
            for pattern, methods in grants.items()
        )

    def may_use_file(self, method: str, path: str, params: Any = ()) -> bool:
        """Tell whether the session's ACL opens a path, or a command line for exec."""
        return may_use_file(self._device.identity.luci, method, path, params)

    def may_use_cgi(self, session_id: str, name: str, verb: str) -> bool:
        """Tell whether a session that lives may use a program of cgi-io."""
        return bool(self.touch(session_id)) and may_use_cgi(self._device.identity.luci, name, verb)

    def acls(self) -> dict[str, Any]:
        """Return the ACL table a login answers with."""
        kind = self._device.identity.luci
        groups = {"none": (), "luci": ("luci-base", "luci-mod-system-flash")}
        access: dict[str, list[str]] = {
            name: ["read", "write"] for name in groups.get(kind, (kind,))
        }
        access["unauthenticated"] = ["read"]
        grants = {name: list(methods) for name, methods in self.grants.items()}
        return {"access-group": access, **scopes(kind), "ubus": grants}

    # -- apply and confirm -----------------------------------------------------------------

    def apply(self, session: str, store: UciStore, window_s: float | None) -> None:
        """Write a session's staged changes; undo them after the window unless confirmed."""
        if self._pending is not None:
            if window_s is not None:
                raise UbusError(PERMISSION_DENIED)
            self._drop_pending()  # another's unguarded apply makes the pending one permanent
        device = self._device
        changed = [name for name, _ in store.changed()]
        if not changed and window_s is not None:
            raise UbusError(NO_DATA)
        before = {name: device.files.read(f"/etc/config/{name}") for name in changed}
        staged = {path: device.files.read(path) for path in map(store.staged_in, changed)}
        for name in changed:
            store.commit(name)
            device.effects.commits[name] += 1
        device.reload_soon()
        if window_s is not None:
            timer = asyncio.create_task(self._expire(window_s), name=f"{device.name} rollback")
            self._pending = Probation(session, before, staged, timer)

    async def _expire(self, window_s: float) -> None:
        await self._device.clock.sleep(window_s)
        self._undo()

    def _undo(self) -> None:
        pending, self._pending = self._pending, None
        if pending is None:
            return
        for name, data in pending.files.items():
            # Also on a full overlay: what it replaces was as large [SEEN, guarded-apply.md, 4].
            self._device.files.overlay.put(f"{CONFIG}/{name}", plain(bytearray(data), 0o600))
        for path, data in pending.staged.items():  # the session has it in hand again
            self._device.files.write(path, data)
        self._device.reload_soon()

    def _owned(self, session: str) -> Probation:
        if self._pending is None:
            raise UbusError(NO_DATA)
        if self._pending.session != session:
            raise UbusError(PERMISSION_DENIED)
        return self._pending

    def confirm(self, session: str) -> None:
        self._owned(session)
        self._drop_pending()

    def roll_back(self, session: str) -> None:
        self._owned(session).timer.cancel()
        self._undo()
