"""Pause, abort and retry of a job: one way for the list of jobs and for the job itself.

A key is there only where it does something: a job that is over cannot be paused.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from owtui.console.frame import Frame
from owtui.console.presenters import jobs as presenter
from widgets.dialog import ConfirmDialog


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
            text="Devices that have begun are finished; no further one is started.",
            yes="Yes, abort it",
            no="No, go on",
            glyphs=self.session.glyphs,
        )
        self.app.push_screen(dialog, lambda yes: self._steer("cancel", job_id) if yes else None)

    def action_job_retry(self) -> None:
        """Plan again what did not end well."""
        job = self.job()
        if job is None:
            return
        job_id = UUID(job["id"])

        async def retry() -> None:
            from owtui.console.screens.plan import PlanScreen

            plan = await self.session.bridge.call(lambda engine: engine.jobs.retry_plan(job_id))
            self.app.push_screen(PlanScreen(self.session, plan, {}))

        self.ask(retry, "retry")

    def _steer(self, verb: str, job_id: UUID) -> None:
        async def steer() -> None:
            await self.session.bridge.call(lambda engine: getattr(engine.jobs, verb)(job_id))

        self.ask(steer, "steer")
