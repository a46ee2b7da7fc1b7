"""The whole library as values: read in one go, asked by everything that judges."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlmodel import Session

from owtui.engine.firmware.entries import BuildRow, CategoryRow, ImageRow
from owtui.engine.firmware.matching import Candidate
from owtui.engine.firmware.releases import Release, ordered
from storage import firmware, organizations
from storage.firmware import Assigned
from storage.tables import FirmwareBuild, FirmwareImage


@dataclass(frozen=True, slots=True)
class Library:
    """Everything there is, by id; builds of a category oldest first, images by type."""

    categories: Mapping[UUID, CategoryRow] = field(default_factory=dict)
    builds: Mapping[UUID, BuildRow] = field(default_factory=dict)
    images: Mapping[UUID, ImageRow] = field(default_factory=dict)
    assigned: Mapping[UUID, Assigned] = field(default_factory=dict)

    _releases: dict[UUID, list[Release]] = field(default_factory=dict, init=False, repr=False)
    _candidates: dict[UUID, list[Candidate]] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        # Asked once a device, of which there may be 50,000.
        for one in self.builds.values():
            told = Release(one.id, one.version, one.released, one.os, one.supersedes_id)
            self._releases.setdefault(one.category_id, []).append(told)
        for image in self.images.values():
            self._candidates.setdefault(image.build_id, []).append(_candidate(image))

    def releases(self, category_id: UUID) -> list[Release]:
        """The builds of a category in their order."""
        return self._releases.get(category_id, [])

    def newest(self, category_id: UUID) -> BuildRow | None:
        """The newest build of a category; None where there is none."""
        found = self.releases(category_id)
        return self.builds[found[-1].id] if found else None

    def candidates(self, build_id: UUID) -> list[Candidate]:
        """The images of a build, for `matching.match`."""
        return self._candidates.get(build_id, [])

    def reporting(self, category_id: UUID, os: str) -> BuildRow | None:
        """The build of a category whose devices report this OS; None where there is none."""
        found = [one for one in self.releases(category_id) if os and one.os == os]
        return self.builds[found[0].id] if found else None

    def visible(self, organization_id: UUID) -> list[CategoryRow]:
        """The categories of an organization, and the shared ones after them."""
        own = [c for c in self.categories.values() if c.organization_id == organization_id]
        return own + [c for c in self.categories.values() if c.organization_id is None]

    def is_for(self, build_id: UUID, organization_id: UUID) -> bool:
        """Whether devices of an organization may get a build: its own, or one of all."""
        build = self.builds.get(build_id)
        owner = self.categories[build.category_id].organization_id if build else None
        return owner in (None, organization_id)

    def category_of(self, image_id: UUID) -> CategoryRow:
        """The category of an image."""
        return self.categories[self.builds[self.images[image_id].build_id].category_id]


def _candidate(row: ImageRow) -> Candidate:
    return Candidate(
        row.id, row.type, row.boards, row.target, row.compat_version, row.compat_message
    )


def load(session: Session) -> Library:
    """Read it all: three small tables, and which device has which image."""
    owners = {one.id: one.name for one in organizations.rows(session)}
    kept = firmware.categories(session)
    builds = firmware.builds(session)
    images = firmware.images(session)
    assigned = firmware.assigned(session)
    categories = {
        one.id: CategoryRow(
            *(one.id, one.name),
            owners.get(one.organization_id, "") if one.organization_id else "",
            *(one.organization_id, one.description),
        )
        for one in kept
    }
    have = Counter(one.image_id for one in assigned.values() if one.installed)
    rows = _builds(categories, builds, images, have)
    library = Library(categories, rows, _images(rows, images, have), assigned)
    return replace(
        library,
        categories={
            id_: replace(
                one,
                builds=sum(build.category_id == id_ for build in rows.values()),
                newest=newest.version if (newest := library.newest(id_)) else "",
            )
            for id_, one in categories.items()
        },
    )


def _builds(
    categories: Mapping[UUID, CategoryRow],
    builds: list[FirmwareBuild],
    images: list[FirmwareImage],
    have: Counter[UUID],
) -> dict[UUID, BuildRow]:
    by_id = {one.id: one for one in builds}
    number = Counter(one.build_id for one in images)
    devices: Counter[UUID] = Counter()
    for image in images:
        devices[image.build_id] += have[image.id]
    releases = [
        Release(one.id, one.version, one.released or one.created, one.os, one.supersedes_id)
        for one in builds
    ]
    found: dict[UUID, BuildRow] = {}
    for category in categories.values():
        own = [one for one in releases if by_id[one.id].category_id == category.id]
        for release in ordered(own):
            one = by_id[release.id]
            before = by_id.get(one.supersedes_id) if one.supersedes_id else None
            found[one.id] = BuildRow(
                *(one.id, category.id, category.name, category.organization),
                *(one.version, one.os, one.changelog, before.version if before else ""),
                *(one.supersedes_id, release.at, number[one.id], devices[one.id]),
            )
    return found


def _images(
    builds: Mapping[UUID, BuildRow], images: list[FirmwareImage], have: Counter[UUID]
) -> dict[UUID, ImageRow]:
    found = {}
    for one in images:
        build = builds[one.build_id]
        told = one.meta_data.get("version")
        release = told if isinstance(told, dict) else {}
        names = ("id", "build_id", "type", "file_name", "sha256", "size", "form", "target")
        more = ("compat_version", "compat_message", "signature", "signature_words", "forced")
        found[one.id] = ImageRow(
            **{name: getattr(one, name) for name in (*names, *more)},
            category=build.category,
            version=build.version,
            boards=tuple(one.boards),
            release=str(release.get("version", "")),
            revision=str(release.get("revision", "")),
            devices=have[one.id],
            meta_data=dict(one.meta_data),
        )
    return found
