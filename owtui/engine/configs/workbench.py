"""Where configurations are edited: a text is opened, looked at, weighed on all devices, and saved.

What leaves here for a face holds no secret: marks stand for them in the text (veil.py), and what is
rendered or compared is masked. Nothing here reaches a device.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from owtui.engine.configs import difftext, masking
from owtui.engine.configs.diff import compare
from owtui.engine.configs.entries import DeviceEdit, Difference, Edit, ImpactRow, TemplateEdit
from owtui.engine.configs.model import BACKEND, Files, Json, Layer, Problem, Rendered, Subject
from owtui.engine.configs.render import configuration, render, render_text
from owtui.engine.configs.sheet import Alike, Impact, Look, Sheet, Variable, Verdict, What
from owtui.engine.configs.source import Kind, Source, dump, locate, parse, pointer
from owtui.engine.configs.subjects import with_layer
from owtui.engine.configs.validate import ConfigError, validate
from owtui.engine.configs.variabledesk import resolve
from owtui.engine.configs.variables import PATTERN, context_of, names
from owtui.engine.configs.veil import Veiled, unveil, veil
from owtui.errors import InputError

if TYPE_CHECKING:
    from owtui.engine.configs.shelf import Shelf
    from owtui.engine.engine import Engine

FEW = 200  # devices whose variables are looked at with every text
NAMED = 2  # devices that a sentence names


def schema(backend: str = BACKEND) -> Mapping[str, Any]:
    """The JSON schema that configurations of a backend follow."""
    from owtui.engine.configs import library

    return library.schema(backend)


async def open_sheet(engine: Engine, what: What, id_: UUID, kind: Kind = "json") -> Sheet:
    """Read what is to be edited. Raises StorageError."""
    shelf = engine.configs
    if what == "template":
        text = await shelf.templates.get(id_)
        devices = await shelf.templates.devices(id_)
        rows = engine.fleet.rows
        order = sorted((one for one in devices if one in rows), key=lambda one: rows[one].name)
        row = text.row
        empty = Sheet(what, id_, row.name, "", kind, row.generation, tuple(order))
        return _written(
            replace(empty, backend=row.backend, values=text.default_values), text.config
        )
    own = await shelf.devices.get(id_)
    empty = Sheet(what, id_, own.device, "", kind, own.generation, (id_,), backend=own.backend)
    return _written(empty, own.config)


async def look(engine: Engine, sheet: Sheet, text: str, kind: Kind, device: UUID | None) -> Look:
    """Say what is wrong with a text, and what it would be on a device."""
    shelf = engine.configs
    source, config, problems = await asyncio.to_thread(_read, sheet, text, kind)
    if config is None:
        return Look(problems, blocks=True)
    subject = None
    values = sheet.values
    if device is not None and device in engine.fleet.rows:
        subject = with_text(await shelf.subject(device), sheet, config)
        values = context_of(subject) if sheet.what == "device" else values
    found = await asyncio.to_thread(validate, config, values, sheet.backend)
    problems = locate([*problems, *found], source.lines)
    blocks = any(one.level == "error" for one in problems)
    if subject is None:
        return Look(problems, blocks)
    unset = await _unset(shelf, sheet, config, subject)
    problems = locate([*problems, *_unset_problems(unset, config)], source.lines)
    seen = Look(problems, blocks, variables=_shown(subject))
    return seen if blocks else await _rendered(shelf, seen, sheet, config, subject)


async def impact(engine: Engine, sheet: Sheet, text: str, kind: Kind) -> Impact:
    """Say what a text would change on all devices that it is for; equal changes are one group.

    Raises InputError for a text that cannot be used, StorageError.
    """
    shelf = engine.configs
    _, config, problems = await asyncio.to_thread(_read, sheet, text, kind)
    if config is None:
        raise InputError(f"It cannot be used yet: {problems[0].sentence}")
    weighed = await shelf.impact(edit_of(sheet, config))
    subjects = await shelf.subjects([row.device_id for row in weighed.rows])
    missing = await asyncio.to_thread(_missing, subjects, sheet, config)
    known = {one.key: one for one in weighed.differences}
    groups: dict[tuple[Verdict, str, str], list[tuple[UUID, str]]] = defaultdict(list)
    for row in weighed.rows:
        group = _group(row, missing.get(row.device_id, ()), known.get(row.key))
        groups[group].append((row.device_id, row.device))
    return Impact(
        tuple(
            Alike(verdict, title, diff, tuple(devices))
            for (verdict, title, diff), devices in groups.items()
        )
    )


async def save(engine: Engine, sheet: Sheet, text: str, kind: Kind) -> Sheet:
    """Keep a text as the next generation; no device changes by that.

    Raises InputError for a text that cannot be used, StaleError where another was saved meanwhile.
    """
    shelf = engine.configs
    source, config, problems = await asyncio.to_thread(_read, sheet, text, kind)
    if config is None or source.config is None:
        raise InputError(f"It cannot be saved: {problems[0].sentence}")
    if sheet.what == "template":
        kept = await shelf.templates.change(sheet.id, expected=sheet.generation, config=config)
        fresh = replace(sheet, generation=kept.row.generation, kind=kind)
    else:
        own = await shelf.devices.set_config(sheet.id, config, expected=sheet.generation)
        fresh = replace(sheet, generation=own.generation, kind=kind)
    typed = veiled(source.config).kept.values()
    if all(one in sheet.kept for one in typed):  # nothing to hide that was not hidden
        return replace(fresh, text=text)
    return _written(fresh, config)


def edit_of(sheet: Sheet, config: Json) -> Edit:
    """A sheet with another configuration, as the shelf weighs it."""
    if sheet.what == "template":
        return TemplateEdit(sheet.id, config, sheet.values)
    return DeviceEdit(sheet.id, config=config)


def with_text(subject: Subject, sheet: Sheet, config: Json) -> Subject:
    """A device as it would be with the text; one that does not use the template gets it last."""
    if sheet.what == "device":
        return replace(subject, config=config)
    layer = Layer(sheet.id, sheet.name, config, sheet.values, sheet.generation)
    if any(one.id == sheet.id for one in subject.layers):
        return with_layer(subject, layer)
    return replace(subject, layers=(*subject.layers, layer))


def _written(sheet: Sheet, config: Json) -> Sheet:
    found = veiled(config)
    return replace(sheet, text=dump(found.config, sheet.kind), kept=found.kept)


def veiled(config: Json) -> Veiled:
    """A configuration with marks in the place of its secrets, by the rule of the house."""
    return veil(config, masking.secret_value, masking.secret_spans)


def _read(
    sheet: Sheet, text: str, kind: Kind
) -> tuple[Source, dict[str, Any] | None, tuple[Problem, ...]]:
    """The text, what it says with its secrets, and what is wrong with it as a text."""
    source = parse(text, kind)
    if source.config is None or not source.ok:
        return source, None, locate(source.problems, source.lines)
    config, unknown = unveil(source.config, sheet.kept)
    problems = locate([*source.problems, *unknown], source.lines)
    return source, None if unknown else config, problems


async def _rendered(shelf: Shelf, seen: Look, sheet: Sheet, config: Json, subject: Subject) -> Look:
    """Render it for the device, and hold it against what the device runs, else what it has now."""
    device = subject.device_id
    try:
        if sheet.what == "device" or device in sheet.devices:
            after = await shelf.render(device, edit_of(sheet, config))
        else:
            after = await asyncio.to_thread(render, subject)
    except InputError as error:
        return replace(seen, problems=(*seen.problems, *_conflicts(error, subject.name)))
    seen = replace(seen, rendered=shown_text(after))
    aim, found = await shelf.prospect(device, after)
    if aim.running is not None:
        told = [Problem(f"On {subject.name}: {one}", level="warning") for one in found.doubts]
        if found.refusal:
            told.append(Problem(f"On {subject.name}: {found.refusal}"))
        return replace(
            seen,
            problems=(*seen.problems, *told),
            diff=found.diff,
            summary=found.summary,
            against="what it runs",
        )
    before = await _files(shelf.render(device))
    diff = await asyncio.to_thread(compare, before, after.files)
    known = {one.sentence for one in seen.problems}
    left = [note for note in after.notes if note not in known]
    told = [Problem(f"On {subject.name}: {note}", level="warning") for note in left]
    return replace(
        seen,
        problems=(*seen.problems, *told),
        diff=difftext.text(diff),
        summary=difftext.summary(diff),
        against="what is saved; what it runs was never read",
    )


async def _files(rendering: Awaitable[Rendered]) -> Files:
    """Nothing where it cannot be rendered."""
    try:
        return (await rendering).files
    except InputError:
        return {}


def shown_text(files: Rendered | Files) -> str:
    """Everything as one text without secrets, and without what would steer a terminal."""
    return masking.mask_text(render_text(files))


def shown_value(name: str, what: Any) -> str:
    """The value of a variable as it may be shown; "" for none."""
    if what is None:
        return ""
    plain = masking.mask_json(what, name)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)


def _conflicts(error: InputError, device: str) -> list[Problem]:
    """Why the device cannot have it, though the text alone is right."""
    if isinstance(error, ConfigError):
        return [Problem(f"On {device}: {one.sentence}", one.path) for one in error.problems]
    return [Problem(f"On {device}: {error.sentence}")]


async def _unset(
    shelf: Shelf, sheet: Sheet, config: Json, subject: Subject
) -> dict[str, list[str]]:
    """The variables of the text that nothing sets, with the devices that lack them."""
    used = names(config)
    if not used:
        return {}
    subjects = {subject.device_id: subject}
    if len(sheet.devices) <= FEW:
        found = await shelf.subjects(sheet.devices)
        subjects |= {id_: with_text(one, sheet, config) for id_, one in found.items()}
    lacking: dict[str, list[str]] = defaultdict(list)
    for one in sorted(subjects.values(), key=lambda each: each.name):
        for name in used - context_of(one).keys():
            lacking[name].append(one.name)
    return lacking


def _unset_problems(unset: Mapping[str, Sequence[str]], config: Json) -> list[Problem]:
    places = dict(reversed([*_uses(config, "#")]))  # the first place of each wins
    problems = []
    for name, devices in sorted(unset.items()):
        count = len(devices)
        some = ", ".join(devices[:NAMED]) + (" …" if count > NAMED else "")
        whom = some if count == 1 else f"{count} devices ({some})"
        sentence = f"{{{{ {name} }}}} is not set for {whom}."
        problems.append(Problem(sentence, places.get(name, "#")))
    return problems


def _uses(value: Any, path: str) -> list[tuple[str, str]]:
    """Every use of a variable: its name and where."""
    if isinstance(value, str):
        return [(name, path) for name in PATTERN.findall(value)]
    if isinstance(value, Mapping):
        return [one for key, below in value.items() for one in _uses(below, pointer(path, key))]
    if isinstance(value, list):
        return [one for at, below in enumerate(value) for one in _uses(below, pointer(path, at))]
    return []


def _shown(subject: Subject) -> tuple[Variable, ...]:
    """The variables of a device as they may be shown."""
    return tuple(
        Variable(one.name, shown_value(one.name, one.value), one.origin, one.used)
        for one in resolve(subject)
        if one.used or one.origin not in ("predefined",)
    )


def _missing(
    subjects: Mapping[UUID, Subject], sheet: Sheet, config: Json
) -> dict[UUID, tuple[str, ...]]:
    """The variables that each device would use and that nothing sets."""
    found = {}
    for id_, subject in subjects.items():
        try:
            unset = tuple(sorted(names(configuration(with_text(subject, sheet, config)))))
        except InputError:
            continue
        if unset:
            found[id_] = unset
    return found


def _group(
    row: ImpactRow, missing: Sequence[str], difference: Difference | None
) -> tuple[Verdict, str, str]:
    """What devices have in common: verdict, title, difference."""
    if row.verdict == "blocked":
        return "blocked", row.reason, ""
    if missing:
        return "blocked", f"missing {', '.join(missing)}", ""
    if difference is None:
        return row.verdict, "", ""
    title = _counted(difference.text)
    if difference.variables:
        names = ", ".join(f"{{{{ {name} }}}}" for name in difference.variables)
        title = f"{title}, each with its {names}"
    return row.verdict, title, difference.text


def _counted(diff: str) -> str:
    """A difference in numbers: +2 -1."""
    signs = [line[:1] for line in diff.splitlines()]
    return f"+{signs.count('+')} -{signs.count('-')}"
