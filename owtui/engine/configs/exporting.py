"""Templates, groups and variables as files fit for git: one JSON each, in an order that holds.

Secrets stay here unless they are asked for aloud: secret variables are left out, secrets within a
configuration are marks; a later import puts back what is known. Both are told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlmodel import Session

from owtui.engine.configs.masking import mask_json, secret_name
from owtui.engine.configs.validate import pointer
from owtui.errors import InputError
from storage import assigning, organizations, templates, variables
from storage.packed import Box
from storage.tables import Organization

KINDS = ("templates", "groups", "variables")


@dataclass(frozen=True, slots=True)
class Export:
    """Files by their path below a folder; `left_out` says which secrets are not in them."""

    files: Mapping[str, str] = field(repr=False, default_factory=dict)
    left_out: tuple[str, ...] = ()

    def write(self, folder: Path) -> list[Path]:
        """Write the files that differ; others there are left alone. Raises InputError."""
        written = []
        try:
            for name, text in self.files.items():
                path = folder / name
                if not path.exists() or path.read_text("utf-8") != text:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(text, "utf-8")
                    written.append(path)
        except OSError as error:
            raise InputError(f"{folder} cannot be written: {error.strerror}.") from None
        return written


class Exporter:
    """Everything of one snapshot; `secrets`: with them."""

    def __init__(self, session: Session, box: Box, *, secrets: bool = False) -> None:
        self._session = session
        self._box = box
        self._secrets = secrets
        self._owners = {one.id: one for one in organizations.rows(session)}
        self._known = variables.everything(session, box)
        self._files: dict[str, str] = {}
        self._left_out: list[str] = []

    def export(self, kinds: Collection[str] = KINDS) -> Export:
        """The files of these kinds."""
        if "templates" in kinds:
            self._templates()
        if "groups" in kinds:
            self._groups()
        if "variables" in kinds:
            self._variables()
        return Export(dict(sorted(self._files.items())), tuple(self._left_out))

    def _templates(self) -> None:
        for one in templates.rows(self._session):
            draft = templates.draft_of(self._box, one)
            owner = self._owners[one.organization_id] if one.organization_id else None
            said = f"template {one.name}"
            content = {
                "owtui": "template",
                "name": one.name,
                "organization": owner.slug if owner else None,
                "type": one.type,
                "backend": one.backend,
                "tags": list(one.tags),
                "default": one.default,
                "required": one.required,
                "notes": one.notes,
                "default_values": self._open(draft.default_values, said),
                "config": self._concealed(draft.config, said),
            }
            self._add("templates", owner, one.name, content)

    def _groups(self) -> None:
        known = assigning.entries(self._session)
        given = assigning.of_groups(self._session)
        for one in organizations.groups(self._session):
            owner = self._owners[one.organization_id]
            values = self._known.groups.get(one.id, {})
            content = {
                "owtui": "group",
                "name": one.name,
                "organization": owner.slug,
                "description": one.description,
                "templates": [known[id_].name for id_ in given.get(one.id, ())],
                "guard_window_s": one.guard_window_s,
                "guard_settle_s": one.guard_settle_s,
                "upgrade_window": one.upgrade_window,
                "meta_data": one.meta_data,
                "variables": self._open(values, f"group {one.name}"),
            }
            self._add("groups", owner, one.name, content)

    def _variables(self) -> None:
        values = self._known.global_
        content = {"owtui": "variables", "organization": None}
        shown = self._open(values, "the global variables")
        self._add("variables", None, "global", {**content, "variables": shown})
        for id_, values in self._known.organizations.items():
            owner = self._owners[id_]
            content = {"owtui": "variables", "organization": owner.slug}
            shown = self._open(values, f"organization {owner.name}")
            self._add("variables", None, f"org-{owner.slug}", {**content, "variables": shown})

    def _open(self, values: Mapping[str, Any], said: str) -> dict[str, Any]:
        """Variables by name, without secret ones."""
        hidden = [name for name in sorted(values) if secret_name(name) and not self._secrets]
        if hidden:
            self._left_out.append(f"{said}: {', '.join(hidden)}")
        return {name: values[name] for name in sorted(values) if name not in hidden}

    def _concealed(self, config: Mapping[str, Any], said: str) -> Any:
        if self._secrets:
            return config
        shown = mask_json(config)
        if places := [pointer(path) for path in _differing(config, shown)]:
            self._left_out.append(f"{said}: {', '.join(places)}")
        return shown

    def _add(self, kind: str, owner: Organization | None, name: str, content: Any) -> None:
        folder = f"{kind}/{owner.slug}" if owner else kind
        plain = re.sub(r"[^\w.-]+", "_", name).strip("._") or "_"
        path, number = f"{folder}/{plain}.json", 2
        while path in self._files:
            path, number = f"{folder}/{plain}-{number}.json", number + 1
        self._files[path] = json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _differing(value: Any, shown: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places where something is hidden."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _differing(inner, shown[key], (*path, key))
    elif isinstance(value, list | tuple):
        for at, inner in enumerate(value):
            yield from _differing(inner, shown[at], (*path, at))
    elif value != shown:
        yield path
