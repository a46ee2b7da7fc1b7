"""Add, remove or replace the tags of devices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from owtui.engine.actions.base import InventoryChange, Judgement, Outcome, Param, Records, Registrar
from owtui.engine.jobs.plan import Verdict
from owtui.errors import InputError
from storage import devices, rules
from storage.errors import RuleError
from storage.rows import DeviceRow


class SetTags(InventoryChange):
    """`t` in the console; words separated by spaces or commas."""

    id = "set_tags"
    title = "Set tags"
    help = "Add and remove tags, or replace them all"
    letter = "t"
    params = (
        Param("add", "Add", required=False, default="", help="tags, separated by commas"),
        Param("remove", "Remove", required=False, default="", help="tags, separated by commas"),
        Param("replace", "Replace all", "bool", required=False, default=False),
    )
    seconds = 0.0

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse tags that are none, and a change of nothing."""
        for name in ("add", "remove"):
            try:
                rules.tags(_words(params[name]))
            except RuleError as error:
                raise InputError(error.sentence, error.hint) from error
        if not (params["replace"] or _words(params["add"]) or _words(params["remove"])):
            raise InputError("No tag is given.", "Use -p add=TAG, -p remove=TAG, or both.")

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """Compare with the tags it has."""
        if row.is_deactivated:
            return Judgement(Verdict.BLOCKED, "Device is deactivated.")
        new = _tags(row, params)
        if new == sorted(row.tags):
            return Judgement(Verdict.SAME, "has these tags already")
        return Judgement(Verdict.CHANGE, diff=_diff(row.tags, new))

    def base(self, row: DeviceRow) -> str:
        """The tags it had."""
        return " ".join(row.tags)

    def apply(
        self, records: Records, row: DeviceRow, params: Mapping[str, Any], by: str
    ) -> Outcome:
        """Write them."""
        new = _tags(row, params)
        devices.update(records.session, row.id, tags=new)
        note = f"tags: {', '.join(new)}" if new else "no tags"
        return Outcome(changed=True, diff=_diff(row.tags, new), note=note)


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _tags(row: DeviceRow, params: Mapping[str, Any]) -> list[str]:
    kept = set() if params["replace"] else set(row.tags)
    return sorted((kept | set(_words(params["add"]))) - set(_words(params["remove"])))


def _diff(old: tuple[str, ...], new: list[str]) -> str:
    lines = [f"-tag {tag}" for tag in sorted(set(old) - set(new))]
    lines += [f"+tag {tag}" for tag in sorted(set(new) - set(old))]
    return "\n".join(lines)


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(SetTags())
