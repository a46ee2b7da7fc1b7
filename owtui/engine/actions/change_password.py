"""Change a password on devices and, where it is the one we log in with, in our own keeping.

Order: set, prove it by a fresh login, keep it. The new password is sealed with the job until it
ends, so a crash between any two of these goes on from there and locks nobody out.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from owtui.engine.actions import ownlogins
from owtui.engine.actions.base import Change, Judgement, Outcome, Param, Registrar, Task
from owtui.engine.actions.openwisp import PASSWORD
from owtui.engine.jobs.plan import Verdict
from owtui.engine.openwrt.quoting import new_password
from owtui.engine.openwrt.router import Router
from owtui.engine.transport.base import Login
from owtui.errors import AuthError, DeadlineError, DeviceError, LostError
from storage import credentials
from storage.core import DEVICE_CONNECTION
from storage.logins import Draft
from storage.logins import Login as Kept
from storage.rows import DeviceRow
from storage.secrets import Secret

NAME_LENGTH = 64
EITHER = "It may have either password. What we keep is unchanged; retry with the new one."


class ChangePassword(Change):
    """OpenWISP's `change_password`, which changes root's."""

    id = "change_password"
    title = "Change password"
    help = "Set a new password and keep it for the next login"
    letter = "p"
    params = (
        Param("username", "User", required=False, default="root"),
        Param("password", "New password", "secret", help="6 to 30 characters"),
    )
    schema = {  # noqa: RUF012  # read only
        "type": "object",
        "properties": {"username": {"type": "string", "minLength": 1}, "password": PASSWORD},
        "required": ["password"],
        "additionalProperties": False,
    }
    steps = ("set", "verify", "keep")
    seconds = 4.0

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse a user name that is none, before it meets a device."""
        new_password(params["username"], "unused")

    def check_secret(self, name: str, value: str) -> None:
        """Refuse what `passwd` would read as something else."""
        new_password("root", value)

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Nobody can tell which password a device has: it is always a change."""
        return Judgement(Verdict.CHANGE, commands=(f"passwd {params['username']}",))

    async def step(self, name: str, task: Task) -> Any:
        """set: unless it is set already; verify: log in with it; keep: seal it."""
        password = await task.secret("password")
        if name == "set":
            return {"set": await _set(task, password)}
        if name == "verify":
            return await _verify(task, password)
        kept = await ownlogins.kept_logins(task)
        ours = [one for one in kept if _is_replaced(one, task)]
        await task.transact(lambda session: _keep(session, task, ours, password))
        await task.forget()
        return {"kept": len(ours)}

    def outcome(self, task: Task) -> Outcome:
        """Say what happened, never with which password."""
        kept = task.memo["keep"]["kept"]
        note = "password changed" + (", stored login updated" if kept else "")
        return Outcome(changed=True, note=note, output=f"{note}\n")


async def _set(task: Task, password: Secret) -> bool:
    """Set it; False where an interrupted job had done so."""
    kept = await ownlogins.kept_logins(task)
    await task.forget()
    by_password = all(_is_replaced(one, task) for one in kept)
    if not by_password and await _is_set(task, kept, password):
        return False
    try:
        async with task.router() as router:
            return await _ask(task, router, kept, password)
    except AuthError:
        # What we keep is refused: perhaps since the device has the new one already.
        if await _is_set(task, kept, password):
            return False
        raise


async def _ask(task: Task, router: Router, kept: list[Kept], password: Secret) -> bool:
    try:
        await router.set_password(task.params["username"], password.reveal())
    except (LostError, DeadlineError) as error:
        # The device may have done it before the connection went: whoever can log in knows.
        with suppress(DeviceError):
            await task.forget()
            if await _is_set(task, kept, password):
                return True
        raise type(error)(error.sentence, EITHER) from error
    return True


async def _verify(task: Task, password: Secret) -> dict[str, Any]:
    kept = await ownlogins.kept_logins(task)
    await task.forget()
    try:
        async with task.login(_login(task, kept, password)):
            return {}
    except AuthError as error:
        raise AuthError(
            f"{task.device} took the new password and then refused a login with it.",
            EITHER,
        ) from error


async def _is_set(task: Task, kept: list[Kept], password: Secret) -> bool:
    """A device that lets any password in proves nothing: it must refuse a wrong one too."""
    right = _login(task, kept, password)
    wrong = replace(right, secret=Secret(secrets.token_urlsafe(18)))
    return await ownlogins.is_accepted(task, right) and not await ownlogins.is_accepted(task, wrong)


def _login(task: Task, kept: list[Kept], password: Secret) -> Login:
    return ownlogins.variant(kept, "password", task.params["username"], password)


def _is_replaced(kept: Kept, task: Task) -> bool:
    """Whether this login ends with the change: the old password, or that there was none."""
    return kept.kind in ("password", "none") and kept.username == task.params["username"]


def _keep(session: Session, task: Task, ours: list[Kept], password: Secret) -> None:
    """Seal it where this device alone uses the credentials; else move it to new ones.

    Others that share the old ones may still have the old password: all devices of a job that
    shared one share the new one.
    """
    for one in ours:
        old = credentials.get(session, one.credentials_id)
        draft = Draft(
            name=old.name,
            kind="password",
            username=str(old.params.get("username", "root")),
            port=int(old.params.get("port", 22)),
            password=password,
            organization_id=old.organization_id,
            auto_add=old.auto_add,
        )
        if _users(session, old.id) == 1 and not old.auto_add:
            credentials.replace(session, task.vault, old.id, draft)
            continue
        mark = f" {str(task.job_id)[:8]}"
        name = f"{old.name[: NAME_LENGTH - len(mark)]}{mark}"
        new = ownlogins.ensure_credentials(
            session, task.vault, replace(draft, name=name, auto_add=False)
        )
        ownlogins.move_connection(session, task.device_id, one.connection_id, new.id)


def _users(session: Session, credentials_id: UUID) -> int:
    query = select(func.count()).where(DEVICE_CONNECTION.c.credentials_id == credentials_id)
    return int(session.execute(query).scalar_one())


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(ChangePassword())
