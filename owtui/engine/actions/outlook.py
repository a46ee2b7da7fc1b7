"""What an action on our own records would make of configurations: before and after, rendered.

Shared by the actions that give templates, variables, a group or an organization. Nothing is written
here, and nothing that is returned holds a secret.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID

from owtui.engine.actions.base import Judgement, Records
from owtui.engine.configs import diff, difftext
from owtui.engine.configs.model import Files, Layer, Subject
from owtui.engine.configs.subjects import Inputs, Loaded, load, load_layers
from owtui.engine.jobs.plan import Verdict
from owtui.errors import InputError
from storage import assigning
from storage.ordering import Entries, Rule
from storage.packed import Box
from storage.rows import DeviceRow

if TYPE_CHECKING:
    from owtui.engine.configs.renderer import Render

KEPT = 5_000  # looks remembered, so that a plan that is submitted is not rendered again
FIRST = "It gets its first configuration."
DEACTIVATED = Judgement(Verdict.BLOCKED, "Device is deactivated.")


@dataclass(frozen=True, slots=True)
class Case:
    """A device with the templates that it has, or would get with its first configuration.

    `group` are those that its group gives.
    """

    loaded: Loaded
    rule: Rule
    templates: tuple[UUID, ...]
    group: tuple[UUID, ...]

    @property
    def is_new(self) -> bool:
        """Whether it has no configuration yet."""
        return self.loaded.config_id is None

    @property
    def before(self) -> Subject | None:
        """What its configuration is made of now, where it has one."""
        return None if self.is_new else self.loaded.subject


@dataclass(frozen=True, slots=True)
class Look:
    """What rendering both told: why the new one cannot be, or how it differs, masked.

    `as_before`: the old one cannot be rendered either, and for the same reason.
    """

    refusal: str = ""
    as_before: bool = False
    diff: str = ""


class Outlook:
    """Judges changes of configurations; one object an action, from any thread."""

    def __init__(self) -> None:
        self._looks: dict[tuple[str, str], Look] = {}

    @cached_property
    def _render(self) -> Render:
        # Actions are loaded by every command; what renders takes a third of a second to import.
        from owtui.engine.configs.renderer import Renderer

        return Renderer()

    def judge(
        self,
        inputs: Inputs,
        before: Subject | None,
        after: Subject,
        lines: Sequence[str] = (),
        reason: str = "",
    ) -> Judgement:
        """The judgement of a change: `lines` and the rendered difference, or why it is refused.

        What could not be rendered before may stay so: a person mends one thing at a time.
        """
        stands_on = inputs.of(after)
        look = self._look(inputs.of(before) if before is not None else "", stands_on, before, after)
        if look.refusal and not look.as_before:
            return Judgement(Verdict.BLOCKED, look.refusal, stands_on=stands_on)
        said = [reason, f"It cannot be rendered, as before: {look.refusal}" if look.refusal else ""]
        both = "\n".join(filter(None, [*lines, look.diff]))
        return Judgement(
            Verdict.CHANGE, " ".join(filter(None, said)), diff=both, stands_on=stands_on
        )

    def _look(self, old: str, new: str, before: Subject | None, after: Subject) -> Look:
        found = self._looks.get((old, new))
        if found is None:
            if len(self._looks) >= KEPT:
                self._looks.clear()
            found = self._looks[old, new] = Look() if old == new else self._compare(before, after)
        return found

    def _compare(self, before: Subject | None, after: Subject) -> Look:
        files, said = {}, ""
        if before is not None:
            try:
                files = dict(self._render(before).files)
            except InputError as error:
                said = error.sentence
        try:
            return Look(diff=_told(files, self._render(after).files))
        except InputError as error:
            return Look(refusal=error.sentence, as_before=error.sentence == said)


def _told(before: Files, after: Files) -> str:
    return difftext.text(diff.compare(before, after)).rstrip("\n")


def cases(records: Records, rows: Iterable[DeviceRow]) -> dict[UUID, Case]:
    """These devices with their templates; those out of service or gone are left out."""
    session = records.session
    ids = [row.id for row in rows if not row.is_deactivated]
    found = load(session, Box(session, records.vault), ids)
    known, groups = assigning.entries(session), assigning.of_groups(session)
    made = {}
    for id_, loaded in found.items():
        group = groups.get(loaded.group_id, ()) if loaded.group_id else ()
        rule = Rule(known, loaded.organization_id, loaded.subject.backend, group)
        has = [layer.id for layer in loaded.subject.layers]
        made[id_] = Case(loaded, rule, tuple(has if loaded.config_id else rule.initial()), group)
    return made


class Layers:
    """Templates with what they hold, of many lists, read at once."""

    def __init__(self, records: Records, lists: Iterable[Sequence[UUID]]) -> None:
        ids: Collection[UUID] = {id_ for ids in lists for id_ in ids}
        self._known = load_layers(records.session, Box(records.session, records.vault), ids)

    def put(self, subject: Subject, ids: Sequence[UUID]) -> Subject:
        """The subject with these templates in this order."""
        known: Mapping[UUID, Layer] = self._known
        return replace(subject, layers=tuple(known[id_] for id_ in ids))


def template_lines(entries: Entries, before: Sequence[UUID], after: Sequence[UUID]) -> list[str]:
    """A list of templates against another, as lines of a diff."""
    lines = [f"-template {entries[id_].name}" for id_ in before if id_ not in after]
    lines += [f"+template {entries[id_].name}" for id_ in after if id_ not in before]
    was = [id_ for id_ in before if id_ in after]
    now = [id_ for id_ in after if id_ in before]
    if was != now:
        lines.append(f"-order {', '.join(entries[id_].name for id_ in was)}")
        lines.append(f"+order {', '.join(entries[id_].name for id_ in now)}")
    return lines
