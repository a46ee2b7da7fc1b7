"""Set variables of devices, and forget some; secret values are given apart and never planned."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from owtui.engine.actions.base import InventoryChange, Judgement, Outcome, Param, Records, Registrar
from owtui.engine.actions.outlook import (
    DEACTIVATED,
    FIRST,
    Case,
    Layers,
    Outlook,
    cases,
    template_lines,
)
from owtui.engine.configs.masking import MASK, mask_json, secret_name
from owtui.engine.configs.model import Subject
from owtui.engine.configs.pairs import read_names, read_text, refuse_secrets
from owtui.engine.configs.subjects import Inputs, digest_of, load
from owtui.engine.configs.variables import names
from owtui.engine.jobs.plan import Verdict
from owtui.errors import InputError
from storage import configs, rules
from storage.errors import RuleError
from storage.packed import Box
from storage.rows import DeviceRow
from storage.secrets import Secret

# Stands for a secret that is not given yet; as long as most rules for keys want it.
_TO_COME = "•" * 12


@dataclass(frozen=True, slots=True)
class Wanted:
    """The parameters as they are meant: `asked` are the names whose values come apart."""

    values: Mapping[str, Any]
    unset: tuple[str, ...]
    asked: tuple[str, ...]

    @classmethod
    def of(cls, params: Mapping[str, Any]) -> Wanted:
        """Read them. Raises InputError."""
        return cls(
            read_text(params["set"]),
            tuple(read_names(params["unset"])),
            tuple(read_names(params["secrets"])),
        )

    def on(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """A device's variables with these, secrets that are to come as dots."""
        values = {**context, **self.values, **dict.fromkeys(self.asked, _TO_COME)}
        return {name: value for name, value in values.items() if name not in self.unset}


class SetVariables(InventoryChange):
    """`v` in the `a` menu: the device's own variables, which win over all others."""

    id = "set_variables"
    title = "Set variables"
    help = "Set and forget variables of devices"
    letter = "v"
    params = (
        Param("set", "Set", required=False, default="", help="name=value …; JSON is taken as JSON"),
        Param("unset", "Forget", required=False, default="", help="names, separated by commas"),
        Param(
            *("secrets", "Secret ones"),
            required=False,
            default="",
            help="names whose values are asked for, separated by commas",
        ),
        Param(
            *("secret", "Secret value", "secret"),
            required=False,
            help="of the secret one; of several a JSON object with their names",
        ),
    )
    seconds = 0.0

    def __init__(self) -> None:
        self._outlook = Outlook()

    def check(self, params: Mapping[str, Any]) -> None:
        """Refuse what cannot be a variable, secrets in the open, and a change of nothing."""
        wanted = Wanted.of(params)
        every = [*wanted.values, *wanted.unset, *wanted.asked]
        if not every:
            raise InputError("No variable is given.", "Use -p set=NAME=VALUE, -p unset=NAME.")
        twice = next((name for name in every if every.count(name) > 1), None)
        if twice is not None:
            raise InputError(f"{twice} is given twice.")
        refuse_secrets(wanted.values, secret_name, "Name it in “secrets”: -p secrets={}")
        try:
            rules.variables(dict.fromkeys(every), "variables")
        except RuleError as error:
            raise InputError(error.sentence, error.hint) from error

    def check_secret(self, name: str, value: str) -> None:
        """What begins with a brace is read as an object, and must be one."""
        if value.lstrip().startswith("{"):
            _object(value)

    def asks(self, params: Mapping[str, Any]) -> tuple[str, ...]:
        """The value of secret variables, where some are named."""
        return ("secret",) if read_names(params["secrets"]) else ()

    def recall(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any]
    ) -> Mapping[UUID, Any]:
        """The judgement of each device in service."""
        found, wanted, inputs = cases(records, rows), Wanted.of(params), Inputs()
        layers = Layers(records, (case.templates for case in found.values()))
        return {id_: self._judged(inputs, layers, case, wanted) for id_, case in found.items()}

    def _judged(self, inputs: Inputs, layers: Layers, case: Case, wanted: Wanted) -> Judgement:
        subject = case.loaded.subject
        old = subject.contexts.device
        new = wanted.on(old)
        if new == old:
            return Judgement(Verdict.SAME, "has these variables already")
        # With its first configuration it gets templates anyhow: the variables alone are judged.
        before = layers.put(subject, case.templates)
        after = replace(before, contexts=replace(subject.contexts, device=new))
        used = names(after.config).union(*(names(layer.config) for layer in after.layers))
        unused = sorted(name for name in new if name not in used and new[name] != old.get(name))
        lines = [*(template_lines(case.rule.entries, (), case.templates) if case.is_new else ())]
        lines += _lines(old, new, wanted.asked)
        said = [FIRST] if case.is_new else []
        said += [f"Not used by its configuration: {', '.join(unused)}."] if unused else []
        reason = " ".join(said)
        judged = self._outlook.judge(inputs, before, after, lines, reason)
        if judged.verdict is Verdict.BLOCKED and wanted.asked:
            # It may be the dots that do not fit: what is given is judged when it is.
            return Judgement(Verdict.CHANGE, reason, "\n".join(lines), stands_on=judged.stands_on)
        # A digest of used variables alone would not tell that an unused one moved meanwhile.
        return replace(judged, stands_on=f"{judged.stands_on} {digest_of(old)}")

    def verdict(self, row: DeviceRow, params: Mapping[str, Any], known: Any) -> Judgement:
        """As it was recalled."""
        return known if isinstance(known, Judgement) else DEACTIVATED

    def apply(
        self, records: Records, row: DeviceRow, params: Mapping[str, Any], by: str
    ) -> Outcome:
        """Write them; the checksum follows once the job is written."""
        return self.apply_all(records, [row], params, by)[row.id]

    def apply_all(
        self, records: Records, rows: Sequence[DeviceRow], params: Mapping[str, Any], by: str
    ) -> Mapping[UUID, Outcome]:
        """In a handful of statements: they were judged in this transaction.

        Raises InputError where a secret that was given cannot be rendered.
        """
        wanted = Wanted.of(params)
        given = _given(wanted.asked, records.secrets.get("secret"))
        box = Box(records.session, records.vault)
        ids = [row.id for row in rows]
        configs.ensure_all(records.session, ids)
        loaded = load(records.session, box, ids)
        before = {id_: loaded[id_].subject for id_ in ids}
        fresh = {id_: {**wanted.on(one.contexts.device), **given} for id_, one in before.items()}
        if given:
            self._refuse_broken(before, fresh)
        configs.put_contexts(records.session, box, fresh)
        return {id_: _outcome(one.contexts.device, fresh[id_]) for id_, one in before.items()}

    def _refuse_broken(
        self, before: Mapping[UUID, Subject], fresh: Mapping[UUID, Mapping[str, Any]]
    ) -> None:
        """Raise InputError with the first device that the secrets do not fit."""
        inputs = Inputs()
        for id_, subject in before.items():
            after = replace(subject, contexts=replace(subject.contexts, device=fresh[id_]))
            judged = self._outlook.judge(inputs, subject, after)
            if judged.verdict is Verdict.BLOCKED:
                raise InputError(f"{subject.name}: {judged.reason}", "Nothing was written.")


def _outcome(old: Mapping[str, Any], new: Mapping[str, Any]) -> Outcome:
    moved = [name for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    return Outcome(
        changed=bool(moved),
        diff="\n".join(_lines(old, new, ())),
        note=f"variables: {', '.join(moved) or 'as before'}",
    )


def _lines(old: Mapping[str, Any], new: Mapping[str, Any], asked: Sequence[str]) -> list[str]:
    """Variables against others, as lines of a diff without secrets."""
    lines = []
    for name in sorted({*old, *new}):
        if name in old and name in new and old[name] == new[name]:
            continue
        was, now = (_said(values[name], name) if name in values else "" for values in (old, new))
        if name in old:
            lines.append(f"-{name} {MASK if name in asked else was}")
        if name in asked:
            lines.append(f"+{name} {MASK} (to be given)")
        elif name in new:
            lines.append(f"+{name} {now}" + (" (changed)" if name in old and was == now else ""))
    return lines


def _said(value: Any, name: str) -> str:
    shown = mask_json(value, name)
    if isinstance(shown, str) and shown.isprintable():
        return shown
    return json.dumps(shown, ensure_ascii=False)


def _given(asked: Sequence[str], secret: Secret | None) -> dict[str, Any]:
    """The values of secret variables: one as it stands, several as an object. Raises InputError."""
    if not asked or secret is None:
        return {}
    text = secret.reveal()
    if len(asked) == 1 and not text.lstrip().startswith("{"):
        return {asked[0]: text}
    values = _object(text)
    if set(values) != set(asked):
        raise InputError(
            f"The secret values must be those of {', '.join(asked)}.",
            "Give a JSON object with these names.",
        )
    return values


def _object(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(
            f"The secret values are no JSON object: {error.msg} at character {error.pos + 1}.",
            'A value that begins with a brace is given as {"name": "value"}.',
        ) from None
    if not isinstance(values, dict):
        raise InputError("The secret values are no JSON object.")
    return values


def register(registry: Registrar) -> None:
    """See actions.registry."""
    registry.add(SetVariables())
