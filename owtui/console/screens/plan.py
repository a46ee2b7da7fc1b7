"""The confirm of every change: what would happen to which device, and what to type to start it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget

from owtui.console.frame import Frame
from owtui.console.presenters import plan as presenter
from owtui.console.session import Session
from owtui.errors import PROBLEMS, failure_of
from widgets.planview import PlanView

if TYPE_CHECKING:
    from owtui.engine.jobs.plan import Plan


class PlanScreen(Frame):
    """A plan; Esc drops it, the expected text submits it."""

    scopes: ClassVar[tuple[str, ...]] = ("app", "plan")
    title_text: ClassVar[str] = "Plan"

    def __init__(self, session: Session, plan: Plan, secrets: Mapping[str, str]) -> None:
        super().__init__(session)
        self._plan = plan
        self._secrets = dict(secrets)
        self._submitted = False

    def body(self) -> Iterable[Widget]:
        """The plan over the line one types into."""
        glyphs = self.session.glyphs
        yield PlanView(
            presenter.summary(self._plan, glyphs),
            presenter.rows(self._plan),
            presenter.confirm(self._plan),
            hint=presenter.hint(glyphs),
            glyphs=glyphs,
        )

    def path(self) -> Sequence[str]:
        """Plan, and of what."""
        return ("Plan", self._plan.title)

    def on_plan_view_confirmed(self, message: PlanView.Confirmed) -> None:
        """Submit it, once."""
        if not self._submitted:
            self._submitted = True
            self.run_worker(self._submit(), group="submit")

    def on_plan_view_cancelled(self, message: PlanView.Cancelled) -> None:
        """Nothing happens."""
        self._secrets.clear()
        self.dismiss(None)

    def on_plan_view_row_opened(self, message: PlanView.RowOpened) -> None:
        """Show the device's diff and commands."""
        from owtui.console.screens.text import TextScreen

        text = presenter.detail(self._plan, message.key)
        self.app.push_screen(TextScreen(self.session, ("Plan", self._plan.title), text))

    def action_plan_save(self) -> None:
        """Write the plan to a file that `owtui apply` takes."""
        file = Path.cwd() / f"plan-{self._plan.action}-{str(self._plan.id)[:8]}.json"
        try:
            file.write_text(self._plan.to_json(), "utf-8")
        except OSError as error:
            self.notify(f"{file} cannot be written: {error.strerror}.", severity="error")
            return
        self.notify(f"Saved: {file}. `owtui apply {file.name} --yes` runs it.")

    async def _submit(self) -> None:
        from owtui.console.screens.job import JobScreen

        plan, secrets = self._plan, dict(self._secrets)
        self._secrets.clear()
        try:
            job = await self.session.bridge.call(lambda engine: engine.jobs.submit(plan, secrets))
        except PROBLEMS as error:
            failure = failure_of(error)
            self.notify(f"{failure.sentence} {failure.hint}".strip(), severity="error", timeout=15)
            return
        self.app.switch_screen(JobScreen(self.session, job.id, job.number))
