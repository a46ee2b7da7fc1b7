"""A host key that nobody trusts is a question on the screen, and never a prompt that waits unseen.

The connection has ended by then and no credential was sent. Yes submits the plan of
`accept_host_key`: one way to trust a key, audited, whatever face it is done in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.errors import Failure, HostKeyError, Kind
from widgets.dialog import ConfirmDialog

if TYPE_CHECKING:
    from owtui.console.frame import Frame
    from owtui.engine.engine import Engine
    from owtui.engine.jobs.plan import Plan

_ACTION = "accept_host_key"
WAITING = "host_key=offered|host_key=changed"
_COMPARE = (
    "No credential was sent. Compare the fingerprint with what the\n"
    "device itself shows; if it differs, somebody else answers there."
)


def consider(
    frame: Frame, failures: Mapping[UUID, Failure], again: Callable[[], None] | None = None
) -> None:
    """Ask about the one device whose key was refused, or tell how to look at several.

    `again` is done once the key is trusted; without it the device is only looked at.
    """
    strange = {id_: one for id_, one in failures.items() if one.kind is Kind.HOST_KEY}
    if len(strange) > 1:
        frame.notify(
            f"{len(strange)} devices show host keys that are not trusted. "
            f"Filter with /{WAITING}, mark all with *, then a and Accept host key.",
            severity="warning",
            timeout=15,
            markup=False,
        )
    for device_id, failure in strange.items() if len(strange) == 1 else ():
        ask(frame, device_id, failure, again)


def ask(
    frame: Frame, device_id: UUID, failure: Failure, again: Callable[[], None] | None = None
) -> None:
    """Ask whether to trust the key that the device showed; only tell it where nobody may."""
    if frame.session.settings.read_only:
        frame.tell(HostKeyError(failure.sentence, failure.hint))
        return

    async def planned(engine: Engine) -> Plan:
        await engine.fleet.refresh([device_id])  # the offer is newer than the list may be
        return await engine.plan(_ACTION, engine.select("", cursor=device_id), {})

    async def asked() -> None:
        plan = await frame.session.bridge.call(planned)
        if not plan.changing:  # a strict policy keeps no offer
            frame.tell(HostKeyError(failure.sentence, failure.hint))
            return
        row = plan.changing[0]
        changed = row.reason == "CHANGED"
        what = "The host key CHANGED." if changed else "This is the first key seen."
        dialog = ConfirmDialog(
            f"Trust the host key of {row.device}?",
            text=f"{what}\n\n{row.diff}\n\n{_COMPARE}",
            yes="Yes, trust it",
            glyphs=frame.session.glyphs,
        )
        frame.app.push_screen(dialog, lambda yes: _trust(frame, plan, again) if yes else None)

    frame.ask(asked, "host key")


def _trust(frame: Frame, plan: Plan, again: Callable[[], None] | None) -> None:
    row = plan.changing[0]

    async def trusted() -> None:
        await frame.session.bridge.call(lambda engine: engine.jobs.submit(plan))
        frame.notify(f"The host key of {row.device} is trusted.", markup=False)
        if again is not None:
            again()
        frame.console.look_at([row.device_id])

    frame.ask(trusted, "trust")
