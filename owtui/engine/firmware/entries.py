"""What the firmware desk lists and takes: categories, builds, images, and how far devices are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category. `organization` "": shared by all. `newest`: the version of its newest build."""

    id: UUID
    name: str
    organization: str
    organization_id: UUID | None
    description: str
    builds: int = 0
    newest: str = ""


@dataclass(frozen=True, slots=True)
class BuildRow:
    """A build. `supersedes`: the version that it does, "" where its own says so.

    released: when it was, or when it was added; devices: how many are known to run it
    """

    id: UUID
    category_id: UUID
    category: str
    organization: str
    version: str
    os: str
    changelog: str
    supersedes: str
    supersedes_id: UUID | None
    released: datetime
    images: int = 0
    devices: int = 0

    @property
    def label(self) -> str:
        """CATEGORY/VERSION."""
        return f"{self.category}/{self.version}"


@dataclass(frozen=True, slots=True)
class ImageRow:
    """An image. `size` in bytes; `release` and `revision` as its metadata says.

    signature: ok, missing, wrong or unchecked, `signature_words` why
    forced: why somebody took it although something was wrong with it
    trouble: why its file cannot be used here, "" where nothing is to be seen
    """

    id: UUID
    build_id: UUID
    category: str
    version: str
    type: str
    file_name: str
    sha256: str
    size: int
    form: str
    boards: tuple[str, ...]
    target: str
    release: str
    revision: str
    compat_version: str
    compat_message: str
    signature: str
    signature_words: str
    forced: str
    devices: int = 0
    trouble: str = ""
    meta_data: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """What a device runs, and what there is for it. Texts are "" where nothing is known.

    os, release: what it reports; build: the version of the build that this is
    category: the one whose builds it gets; newest: the version of that one's newest build
    builds_behind, days_behind: None where it is unknown
    image: the type of the newest build's image for it, with `image_id`
    installed: whether it has the image that it is to have; None without one
    reason: why there is no image; force, clean: see `matching.Match`
    """

    device_id: UUID
    device: str
    model: str
    board: str
    os: str
    release: str
    category: str = ""
    build: str = ""
    newest: str = ""
    builds_behind: int | None = None
    days_behind: int | None = None
    image: str = ""
    image_id: UUID | None = None
    installed: bool | None = None
    reason: str = ""
    force: str = ""
    clean: str = ""


@dataclass(frozen=True, slots=True)
class BuildDraft:
    """A build as a person describes it. `supersedes` is a version of the same category."""

    version: str
    os: str = ""
    changelog: str = ""
    supersedes: str = ""
    released: datetime | None = None


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was found in a file, before or without taking it.

    objections: sentences on why it is not taken without a reason to force it
    """

    file_name: str
    type: str
    size: int
    sha256: str
    form: str
    boards: tuple[str, ...]
    target: str
    release: str
    revision: str
    compat_version: str
    compat_message: str
    signature: str
    signature_words: str
    objections: tuple[str, ...]
    meta_data: Mapping[str, Any] = field(default_factory=dict, hash=False)
