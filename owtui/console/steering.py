"""Pause, abort and retry of a job: one way for the list of jobs and for the job itself.

A key is there only where it does something: a job that is over cannot be paused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.console.acting import secrets_of, wrong_secrets
from owtui.console.frame import Frame
from owtui.console.presenters import action as asking
from owtui.console.presenters import jobs as presenter
from widgets.dialog import ConfirmDialog
from widgets.form import FormDialog

if TYPE_CHECKING:
    from owtui.engine.actions.base import Action
    from owtui.engine.jobs.plan import Plan

_ABORTS = "Devices that have begun are finished; no further one is started."
_ABORTS_UPGRADE = (
    "Devices that flash are finished; those before their flash stay as they were;"
    " no further one is started."
)


class Steering(Frame):
    """A screen with a job on it, or under its cursor."""

    _told: Any = ()

    def job(self) -> dict[str, Any] | None:
        """The job as last told, by the keys of `owtui jobs --json`."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what the job's state allows."""
        if action in presenter.STEERS and not presenter.allows(self.job(), action):
            return False
        return super().check_action(action, parameters)

    def action_job_pause(self) -> None:
        """Pause or resume."""
        job = self.job()
        if job is not None:
            self._steer("resume" if job["state"] == "paused" else "pause", UUID(job["id"]))

    def action_job_abort(self) -> None:
        """Finish what runs, skip the rest."""
        job = self.job()
        if job is None:
            return
        job_id = UUID(job["id"])
        dialog = ConfirmDialog(
            f"Abort job {job['number']}?",
            text=_ABORTS_UPGRADE if job["action"] == "upgrade" else _ABORTS,
            yes="Yes, abort it",
            no="No, go on",
            glyphs=self.session.glyphs,
        )
        self.app.push_screen(dialog, lambda yes: self._steer("cancel", job_id) if yes else None)

    def action_job_retry(self) -> None:
        """Plan again what did not end well."""
        job = self.job()
        if job is not None:
            plan_again(self, UUID(job["id"]))

    def _steer(self, verb: str, job_id: UUID) -> None:
        async def steer() -> None:
            await self.session.bridge.call(lambda engine: getattr(engine.jobs, verb)(job_id))

        self.ask(steer, "steer")


def plan_again(frame: Frame, job_id: UUID) -> None:
    """Plan what did not end well, and show it; secrets are not kept, so they are asked again."""

    async def again() -> None:
        async def made(engine: Any) -> tuple[Plan, Action]:
            plan = await engine.jobs.retry_plan(job_id)
            return plan, engine.actions.get(plan.action)

        plan, action = await frame.session.bridge.call(made)
        if plan.changing and asking.secrets(action):
            _ask_secrets(frame, plan, action)
        else:
            _show(frame, plan, {})

    frame.ask(again, "retry")


def _ask_secrets(frame: Frame, plan: Plan, action: Action) -> None:
    fields = asking.secrets(action)

    def wrong(values: Mapping[str, str]) -> Mapping[str, str]:
        missing = asking.missing(action, values)
        return {
            field.key: missing[field.key] for field in fields if field.key in missing
        } or wrong_secrets(action, values)

    dialog = FormDialog(
        f"Again: {plan.title}",
        fields,
        text="What is secret is forgotten with its job; type it again.",
        saves="shows the plan",
        keys=frame.session.keys.form(),
        validate=wrong,
        glyphs=frame.session.glyphs,
    )

    def saved(values: Mapping[str, str] | None) -> None:
        if values is not None:
            _show(frame, plan, secrets_of(action, values))

    frame.app.push_screen(dialog, saved)


def _show(frame: Frame, plan: Plan, secrets: Mapping[str, str]) -> None:
    from owtui.console.screens.plan import PlanScreen

    frame.app.push_screen(PlanScreen(frame.session, plan, secrets))
