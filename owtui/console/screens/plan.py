"""The confirm of every change: what would happen to which device, and what to type to start it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from owtui.console.frame import Frame
from owtui.console.presenters import plan as presenter
from owtui.console.session import Session
from owtui.errors import PROBLEMS, InputError
from widgets.planview import PlanView

if TYPE_CHECKING:
    from owtui.engine.jobs.plan import Plan


class PlanScreen(Frame):
    """A plan; Esc drops it, the expected text submits it."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "plan")

    def __init__(self, session: Session, plan: Plan, secrets: Mapping[str, str]) -> None:
        super().__init__(session)
        self._plan = plan
        self._secrets = dict(secrets)
        self._submitted = False
        self._before: Plan | None = None  # as it was before it was put in order

    def body(self) -> Iterable[Widget]:
        """The plan over the line one types into."""
        glyphs = self.session.glyphs
        yield PlanView(
            presenter.summary(self._plan, glyphs),
            presenter.rows(self._plan),
            presenter.confirm(self._plan),
            hint="Esc cancel",
            glyphs=glyphs,
        )

    def path(self) -> Sequence[str]:
        """Plan, and of what."""
        return ("Plan", self._plan.title)

    def on_plan_view_confirmed(self, message: PlanView.Confirmed) -> None:
        """Submit it, once."""
        if not self._submitted:
            self._submitted = True
            self.ask(self._submit, "submit")

    def on_plan_view_cancelled(self, message: PlanView.Cancelled) -> None:
        """Nothing happens."""
        self._secrets.clear()
        self.dismiss(None)

    def on_plan_view_row_opened(self, message: PlanView.RowOpened) -> None:
        """Show the device's diff and commands."""
        from owtui.console.screens.text import TextScreen

        text = presenter.detail(self._plan, message.key)
        self.app.push_screen(TextScreen(self.session, ("Plan", self._plan.title), text))

    def action_plan_open(self) -> None:
        """Show the diff and the commands of the device under the cursor."""
        self.query_one(PlanView).action_open()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """An order is for what goes in waves."""
        if action == "plan_order" and not (self._plan.stop_after and len(self._plan.changing) > 1):
            return False
        return super().check_action(action, parameters)

    def action_plan_order(self) -> None:
        """In the order of the topology, or as it was before."""
        if self._before is not None:
            self._use(self._before, None)
        else:
            self.ask(self._arrange, "order")

    async def _arrange(self) -> None:
        plan = self._plan
        self._use(await self.session.bridge.call(lambda engine: engine.in_order(plan)), plan)

    def _use(self, plan: Plan, before: Plan | None) -> None:
        self._plan, self._before = plan, before
        self.query_one(PlanView).update_plan(
            presenter.summary(plan, self.session.glyphs),
            presenter.rows(plan),
            presenter.confirm(plan),
        )

    def action_plan_save(self) -> None:
        """Write the plan to a file that `owtui apply` takes."""
        self.ask(self._save, "save")

    async def _save(self) -> None:
        file = Path.cwd() / presenter.file_name(self._plan)
        try:
            await asyncio.to_thread(file.write_text, self._plan.to_json(), "utf-8")
        except OSError as error:
            raise InputError(f"{file} cannot be written: {error.strerror}.") from None
        self.notify(f"Saved: {file}. `owtui apply {file.name} --yes` runs it.", markup=False)

    async def _submit(self) -> None:
        plan = self._plan
        try:
            job = await self.session.bridge.call(
                lambda engine: engine.jobs.submit(plan, self._secrets)
            )
        except PROBLEMS:
            self._submitted = False
            raise
        self._secrets.clear()
        self.session.submitted.add(job.id)
        self.app.pop_screen()
        self.console.open_job(job.id, job.number, job.action)
