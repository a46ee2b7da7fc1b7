"""A ubus session over HTTP: JSON-RPC to uhttpd, logged in at rpcd.

A refusal (-32002) says neither whether the session has ended nor whether its ACL forbids the call,
so `session access` is asked: a session that cannot even ask has ended and is replaced once. Ids of
sessions and passwords stay in here.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from owtui.engine.transport import jsonrpc
from owtui.engine.transport.base import Deadlines, Login, Target
from owtui.engine.transport.jsonrpc import (
    ACCESS_DENIED,
    NO_OBJECT,
    OK,
    PERMISSION_DENIED,
    Answer,
    Call,
    Fault,
    Result,
)
from owtui.errors import (
    AuthError,
    DeadlineError,
    DeniedError,
    DeviceError,
    InputError,
    MissingError,
    ProtocolError,
)

if TYPE_CHECKING:
    from owtui.engine.transport.http import HttpClient, Reply

SESSION_S = 900  # asked for at login; each call renews it
MARGIN_S = 15.0  # a session this near its end is replaced before it is used
NOBODY = "0" * 32
PATH = "/ubus"
INSTALL = (
    "Install LuCI, whose ACLs allow reading, or put an ACL file of your own into"
    " /usr/share/rpcd/acl.d and restart rpcd; SSH needs neither."
)

Connect = Callable[[str, str, str, Deadlines], "HttpClient"]


def over_http(name: str, url: str, tls: str, deadlines: Deadlines) -> HttpClient:
    """Make a device's HTTP client; httpx takes 0.1 s to import, which few runs need."""
    from owtui.engine.transport.http import HttpClient

    return HttpClient(name, url, tls, deadlines)


class NoObjectError(MissingError):
    """The image serves no such object or method."""


class NoDataError(MissingError):
    """Result 5: there is nothing to tell or to confirm; reading an empty file, too."""


class NotPermittedError(DeniedError):
    """Result 6: the method itself says no, by its ACL of packages or for a change of another."""


class UnsupportedError(MissingError):
    """Result 8: rpcd cannot do this, such as read a file of 256 KiB or more."""


class FailedError(ProtocolError):
    """Result 9: it went wrong and rpcd does not know why, as with a full file system."""


Outcome = dict[str, object] | DeviceError


@dataclass(frozen=True, slots=True)
class Form:
    """A body with its content type and its size in bytes. It may hold the id of a session."""

    body: bytes | AsyncIterable[bytes] = field(repr=False)
    kind: str
    size: int


def url_of(target: Target, login: Login) -> str:
    """Return where the device's ubus is: the connection's URL, else HTTPS at its first address.

    A password is never sent in clear text unless a URL says so. Raises InputError.
    """
    from owtui.engine.transport.http import endpoint

    if login.http_url:
        return endpoint(login.http_url, path=PATH)
    if not target.addresses:
        raise InputError(f"{target.name} has neither an HTTP URL nor an address.", "Set one.")
    host = target.addresses[0]
    return endpoint(f"https://[{host}]" if ":" in host else f"https://{host}", path=PATH)


class UbusSession:
    """Implements Rpc for one device and one login; callers share the session and its login.

    `clock` counts seconds monotonically; `connect` makes the HTTP client.
    """

    def __init__(
        self,
        target: Target,
        login: Login,
        connect: Connect = over_http,
        clock: Callable[[], float] = time.monotonic,
        deadlines: Deadlines | None = None,
    ) -> None:
        self.name = target.name
        self._login = login
        self._clock = clock
        self._deadlines = deadlines or Deadlines()
        self._http = connect(target.name, url_of(target, login), login.http_tls, self._deadlines)
        self._logging_in = asyncio.Lock()
        self._id = ""
        self._lifetime_s = self._margin_s = 0.0
        self._ends = 0.0
        self._granted: frozenset[str] = frozenset()
        self._acls: Mapping[str, object] = {}

    @property
    def acls(self) -> Mapping[str, object]:
        """What the last login granted: scope → object → functions; {} before one."""
        return self._acls

    async def open(self) -> None:
        """Log in unless a session stands.

        Raises AuthError, DeniedError where the image grants a login and nothing else, and what
        HttpClient.post raises.
        """
        await self._session()
        self._check_granted()

    async def renew(self) -> None:
        """Log in again over a new connection: it proves that the device lets us in as it is now.

        While a change of this user waits for its confirm, rpcd gives the session back that applied
        it [rpcd session.c, rpc_reclaim_apply_session]. Raises as `open` does.
        """
        async with self._logging_in:
            await self._http.rest()
            await self._log_in()
        self._check_granted()

    def _check_granted(self) -> None:
        if self._granted and self._granted <= {"session"}:
            raise DeniedError(f"{self.name}: its ubus allows a login and nothing else.", INSTALL)

    async def call(
        self,
        obj: str,
        method: str,
        args: dict[str, object] | None = None,
        *,
        timeout: float | None = None,
    ) -> dict[str, object]:
        """Call one method; see Rpc.call."""
        (outcome,) = await self.batch([Call(obj, method, args or {})], timeout=timeout)
        if isinstance(outcome, DeviceError):
            raise outcome
        return outcome

    async def batch(self, calls: Sequence[Call], *, timeout: float | None = None) -> list[Outcome]:
        """Make several calls in one POST; each has its own answer or error, in order.

        Raises only what concerns all of them: no connection, no login, no sense.
        """
        limit = timeout or self._deadlines.command_s
        session = await self._session()
        answers = await self._post(session, calls, limit)
        allowed = await self._allowed(session, calls, answers, limit)
        if allowed is None:  # the session had ended, so what was refused has not run
            session = await self._session(instead_of=session)
            refused = _refused(answers)
            repeated = await self._post(session, [calls[i] for i in refused], limit)
            for index, answer in zip(refused, repeated, strict=True):
                answers[index] = answer
            allowed = await self._allowed(session, calls, answers, limit) or {}
        return [
            self._denied(call, allowed.get(index, False))
            if _is_refusal(answer)
            else self._outcome(call, answer)
            for index, (call, answer) in enumerate(zip(calls, answers, strict=True))
        ]

    async def cgi(self, program: str, form: Callable[[str], Form], *, timeout: float) -> Reply:
        """Post a form to a program of cgi-io; `form` makes it of the session's id.

        Returns the answer whatever its status; raises what HttpClient.post raises.
        """
        made = form(await self._session())
        return await self._http.post(
            made.body,
            timeout=timeout,
            path=f"/cgi-bin/{program}",
            kind=made.kind,
            headers={"Content-Length": str(made.size)},
        )

    async def rest(self) -> None:
        """Close the connection and keep the session; the next call opens a connection again."""
        await self._http.rest()

    async def close(self) -> None:
        """End the session on the device as far as its ACL lets us, and the connection."""
        session, self._id = self._id, ""
        try:
            if session:
                with suppress(DeviceError):
                    await self._post(session, [Call("session", "destroy")], 2.0)
        finally:
            await self._http.close()

    # -- the session --------------------------------------------------------------------------

    async def _session(self, *, instead_of: str = "") -> str:
        """Return a session that should live; the first of many callers logs in for all."""
        async with self._logging_in:
            if self._id in ("", instead_of) or self._clock() >= self._ends - self._margin_s:
                await self._log_in()
            return self._id

    async def _log_in(self) -> None:
        if self._login.kind not in ("password", "none"):
            raise AuthError(
                f"{self.name}: ubus takes passwords, its connection has a {self._login.kind}.",
                "Add a connection with a password credential, or use SSH.",
            )
        self._id = ""
        started = self._clock()
        arguments: dict[str, object] = {
            "username": self._login.username,
            "password": self._login.secret.reveal() if self._login.secret else "",
            "timeout": SESSION_S,
        }
        call = Call("session", "login", arguments)
        (answer,) = await self._post(NOBODY, [call], self._deadlines.command_s)
        granted = self._login_outcome(call, answer)
        self._id = str(granted.get("ubus_rpc_session") or "")
        if not self._id:
            raise ProtocolError(f"{self.name}: ubus accepted the login and gave no session.")
        lifetime = granted.get("timeout")
        self._lifetime_s = float(SESSION_S)
        if isinstance(lifetime, int):
            self._lifetime_s = float(lifetime) or math.inf  # 0: it never ends
        self._margin_s = min(MARGIN_S, self._lifetime_s / 2)
        self._ends = started + self._lifetime_s
        acls = granted.get("acls")
        objects = acls.get("ubus") if isinstance(acls, dict) else None
        self._acls = acls if isinstance(acls, dict) else {}
        self._granted = frozenset(objects) if isinstance(objects, dict) else frozenset()

    def _login_outcome(self, call: Call, answer: Answer) -> dict[str, object]:
        if isinstance(answer, Fault):
            if answer.code == NO_OBJECT:
                raise MissingError(
                    f"{self.name}: nothing serves sessions on its ubus.",
                    "Install rpcd, or start it: /etc/init.d/rpcd start.",
                )
            if answer.code == ACCESS_DENIED:
                raise DeniedError(f"{self.name}: its ubus does not let anybody log in.", INSTALL)
        if isinstance(answer, Result) and answer.status == PERMISSION_DENIED:
            raise AuthError(
                f"{self.name}: ubus refuses the password for {self._login.username}.",
                "Check the credential of the device's connection.",
            )
        outcome = self._outcome(call, answer)
        if isinstance(outcome, DeviceError):
            raise outcome
        return outcome

    async def _allowed(
        self, session: str, calls: Sequence[Call], answers: Sequence[Answer], limit: float
    ) -> dict[int, bool] | None:
        """Ask of each refused call whether the ACL allows it; None when the session has ended.

        Where another call of the batch was served the session lives, and nothing is asked.
        """
        refused = _refused(answers)
        if len(refused) < len(answers):
            return {}
        questions = [
            Call(
                "session",
                "access",
                {"scope": "ubus", "object": calls[i].obj, "function": calls[i].method},
            )
            for i in refused
        ]
        verdicts = await self._post(session, questions, limit)
        if _refused(verdicts):
            return None
        return {
            index: isinstance(verdict, Result) and verdict.data.get("access") is True
            for index, verdict in zip(refused, verdicts, strict=True)
        }

    def _denied(self, call: Call, may: bool) -> DeviceError:
        if may:  # allowed and refused: uhttpd says the same of methods that do not exist
            return NoObjectError(f"{self.name}: its ubus has no {call.words}.", INSTALL)
        return DeniedError(
            f"{self.name}: the session of {self._login.username} may not call {call.words}.",
            INSTALL,
        )

    # -- one POST -----------------------------------------------------------------------------

    async def _post(self, session: str, calls: Sequence[Call], limit: float) -> list[Answer]:
        """Send calls and return an answer for each, in order. Raises ProtocolError."""
        asked = self._clock()
        reply = await self._http.post(jsonrpc.request(session, calls), timeout=limit)
        if reply.status != 200:
            raise self._of_status(reply.status)
        try:
            answers = jsonrpc.answers(reply.body, len(calls))
        except ValueError as error:
            raise ProtocolError(
                f"{self.name}: {self._http.where} does not answer as ubus does: {error}."
            ) from error
        if session == self._id and not _refused(answers):
            self._ends = max(self._ends, asked + self._lifetime_s)
        return answers

    def _of_status(self, status: int) -> DeviceError:
        if status == 404:
            return MissingError(
                f"{self.name}: {self._http.where} serves no ubus.",
                "Install uhttpd-mod-ubus, or set the HTTP URL of the connection.",
            )
        if status in (401, 403):
            return DeniedError(f"{self.name}: {self._http.where} does not let this host in.")
        hint = ""
        if 300 <= status < 400:  # a password is not sent after a redirect
            hint = "It sends to another URL, perhaps https: set the HTTP URL of the connection."
        return ProtocolError(f"{self.name}: {self._http.where} answers with status {status}.", hint)

    def _outcome(self, call: Call, answer: Answer) -> Outcome:
        """Give an answer its meaning [openwrt.md, rpcd; libubus's ubus_msg_status]."""
        if isinstance(answer, Fault):
            if answer.code == NO_OBJECT:
                return NoObjectError(
                    f"{self.name}: its ubus has no object {call.obj}.",
                    "The package that serves it is not installed or not running.",
                )
            return ProtocolError(f"{self.name}: ubus did not understand {call.words}.")
        if answer.status == OK:
            return answer.data
        kind, words = _STATUS.get(answer.status, (ProtocolError, "failed"))
        return kind(f"{self.name}: {call.words} {words} (ubus {answer.status}).")


_STATUS: dict[int, tuple[type[DeviceError], str]] = {
    2: (ProtocolError, "did not take its arguments"),
    3: (NoObjectError, "does not exist"),
    4: (MissingError, "found nothing of that name"),
    5: (NoDataError, "has nothing to tell"),
    6: (NotPermittedError, "is not permitted"),
    7: (DeadlineError, "took longer than the device allows"),
    8: (UnsupportedError, "is not supported"),
    9: (FailedError, "failed for a reason the device does not tell"),
}


def _refused(answers: Sequence[Answer]) -> list[int]:
    return [index for index, answer in enumerate(answers) if _is_refusal(answer)]


def _is_refusal(answer: Answer) -> bool:
    return isinstance(answer, Fault) and answer.code == ACCESS_DENIED
