"""One UCI package of a router with a configuration merged into it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from owtui.engine.configs import matching
from owtui.engine.configs.claims import Claims, claim
from owtui.engine.configs.sections import agent_names, label, order_counts, telling_name
from owtui.engine.openwrt.uci import Package, Section

Sections = tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """What `unmanaged` says of one package: names of sections, the agent's ones too, and types."""

    names: frozenset[str]
    types: frozenset[str]

    @classmethod
    def of(cls, package: str, entries: Sequence[str]) -> Unmanaged:
        """Read `pkg.section` and `pkg.@type`; what is neither says nothing."""
        parts = (entry.partition(".") for entry in entries)
        wanted = {what for name, _, what in parts if name == package and what}
        types = frozenset(what[1:] for what in wanted if what.startswith("@"))
        return cls(frozenset(wanted) - {f"@{one}" for one in types}, types)

    def holds(self, section: Section, name: str) -> bool:
        """Whether a section stays as it is; `name` is the one that the agent would give it."""
        return section.type in self.types or name in self.names


@dataclass(frozen=True, slots=True)
class States:
    """A package on the router, as it is to be, as it was sent last and before all that.

    `rendered` is None when the configuration has nothing of it any more, `original` when it was not
    there or nobody knows.
    """

    running: Package
    rendered: Package | None
    previous: Package
    original: Package | None


@dataclass(frozen=True, slots=True)
class Landed:
    """The sections of a package as they are to be."""

    sections: Sections
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class _Slot:
    """A section on its way into the result; `place` is where it is in the configuration, or -1."""

    section: Section | None
    place: int = -1


def same(one: Sequence[Section], other: Sequence[Section]) -> bool:
    """Whether two packages say the same, in whatever order their sections stand."""
    return Counter(map(matching.frozen, one)) == Counter(map(matching.frozen, other))


def overwritten(states: States, unmanaged: Unmanaged) -> Landed:
    """The package as it is rendered, and the unmanaged sections of the router."""
    assert states.rendered is not None
    names = agent_names(states.running)
    claimed = {there: place for place, there in claim(states.rendered, states.running).items()}
    sections = list(states.rendered.sections)
    notes = []
    for there, section in enumerate(states.running.sections):
        if not unmanaged.holds(section, names[there]):
            continue
        if there in claimed:
            sections[claimed[there]] = section
            notes.append(_left_alone(states, names[there]))
        else:
            sections.append(section)
    return Landed(_pinned(states.running, sections, unmanaged), tuple(notes))


def merged(states: States, unmanaged: Unmanaged) -> Landed:
    """The router's package with the configuration in it; its own options stay.

    An anonymous section that is meant by the name that the agent would give it gets that name only
    where it would not be found by it again: a router that has all already is left as it is.
    """
    return _Merge(states, unmanaged).landed()


class _Merge:
    def __init__(self, states: States, unmanaged: Unmanaged) -> None:
        self._states, self._unmanaged = states, unmanaged
        self._running, self._previous = states.running, states.previous
        self._rendered = states.rendered or Package(states.running.name)
        self._original = states.original or Package(states.running.name)
        self._names = agent_names(states.running)
        self._sent = claim(self._previous, self._running)
        self._claims = claim(self._rendered, self._running, self._through_previous())
        self._origins = claim(self._previous, self._original)
        self._notes: list[str] = []

    def landed(self) -> Landed:
        by_place = {there: place for place, there in self._claims.items()}
        by_sent = {there: place for place, there in self._sent.items()}
        slots = [
            self._kept(there, by_place.get(there, -1), by_sent.get(there, -1))
            for there in range(len(self._running.sections))
        ]
        slots = [slot for slot in slots if slot.section is not None]
        self._add_new(slots)
        self._add_deleted(slots)
        self._in_order(slots)
        if self._states.rendered is None:
            self._whole_original(slots)
        sections = [slot.section for slot in slots if slot.section is not None]
        return Landed(_pinned(self._running, sections, self._unmanaged), tuple(self._notes))

    def _through_previous(self) -> Claims:
        """A section of which the last configuration had an earlier state takes its place.

        Anonymous ones only: what has a name on the router is found again by that.
        """
        pairs = matching.pair(self._previous, self._rendered)
        found = {place: self._sent[was] for place, was in pairs.items() if was in self._sent}
        return {
            place: there
            for place, there in found.items()
            if self._running.sections[there].anonymous
        }

    def _kept(self, there: int, place: int, sent: int) -> _Slot:
        """A section of the router after the configuration; without one when it goes."""
        section = self._running.sections[there]
        ours = self._rendered.sections[place] if place >= 0 else None
        if self._unmanaged.holds(section, self._names[there]):
            if ours is not None and any(
                section.options.get(name) != value for name, value in ours.options.items()
            ):
                self._notes.append(_left_alone(self._states, self._names[there]))
            return _Slot(section)
        if ours is None:
            if sent >= 0:
                return _Slot(self._gone(section, there, sent))
            return _Slot(None if self._is_left_over(section) else section)
        taken = section
        if sent >= 0:
            section = self._without_sent(section, there, sent, ours)
        merged = Section(ours.type, section.name, {**section.options, **ours.options})
        if section.name is None and ours.name is not None:
            found_again = telling_name(self._running.name, merged) == ours.name
            if not found_again or self._names[there] != ours.name:
                merged = Section(ours.type, ours.name, merged.options)
                if sent < 0:
                    self._tell_taken(taken, ours)
        return _Slot(merged, place)

    def _without_sent(
        self, section: Section, there: int, sent: int, ours: Section | None = None
    ) -> Section:
        """Take what the last configuration set and this one does not: original, or nothing."""
        original = self._origin(sent, there)
        options = dict(section.options)
        for name in self._previous.sections[sent].options:
            if ours is not None and name in ours.options:
                continue
            if original is not None and name in original.options:
                options[name] = original.options[name]
            else:
                options.pop(name, None)
        return Section(section.type, section.name, options)

    def _gone(self, section: Section, there: int, sent: int) -> Section | None:
        """A section that left the configuration: its original, or what is the router's own."""
        original = self._origin(sent, there)
        left = self._without_sent(section, there, sent)
        if original is None:
            return left if left.options else None
        if section.options.keys() <= self._previous.sections[sent].options.keys():
            return original
        return Section(original.type, original.name, left.options)

    def _is_left_over(self, section: Section) -> bool:
        """OpenWrt's open network of the first boot: the agent deletes it when it first acts."""
        if self._states.rendered is None or not _is_open_default(self._running.name, section):
            return False
        self._notes.append(f"The open network {section.get('ssid')} of the first boot is removed.")
        return True

    def _origin(self, sent: int, there: int) -> Section | None:
        """The section as it was before owtui, for one of the last configuration."""
        if sent in self._origins:
            return self._original.sections[self._origins[sent]]
        if self._previous.sections[sent].anonymous:
            pairs = matching.pair(self._original, self._running)
            if there in pairs:
                return self._original.sections[pairs[there]]
        return None

    def _add_new(self, slots: list[_Slot]) -> None:
        """Put sections that the router has not: at the end, or beside those that order binds."""
        for place, section in enumerate(self._rendered.sections):
            if place in self._claims:
                continue
            at = len(slots)
            if order_counts(self._running.name, section.type):
                at = _beside(slots, place, section.type)
            slots.insert(at, _Slot(section, place))

    def _add_deleted(self, slots: list[_Slot]) -> None:
        """Put back originals of what left the configuration and is not on the router any more."""
        names = {section.name for section in self._rendered.sections}
        for sent, section in enumerate(self._previous.sections):
            if section.name is None or section.name in names or sent in self._sent:
                continue
            if sent in self._origins:
                slots.append(_Slot(self._original.sections[self._origins[sent]]))
        if self._states.rendered is None:
            there = [slot.section for slot in slots]
            slots += [
                _Slot(section)
                for section in self._original.sections
                if _is_open_default(self._running.name, section) and section not in there
            ]

    def _in_order(self, slots: list[_Slot]) -> None:
        """Where order counts, sections of the configuration are in its order, in their places."""
        for kind in {section.type for section in self._rendered.sections}:
            if not order_counts(self._running.name, kind):
                continue
            places = [
                at
                for at, slot in enumerate(slots)
                if slot.place >= 0 and slot.section and slot.section.type == kind
            ]
            sorted_slots = sorted((slots[at] for at in places), key=lambda slot: slot.place)
            for at, slot in zip(places, sorted_slots, strict=True):
                slots[at] = slot

    def _whole_original(self, slots: list[_Slot]) -> None:
        """Put the original back whole when the router has nothing of its own in the package.

        After an overwriting push only that brings back what it left out.
        """
        by_sent = {there: sent for sent, there in self._sent.items()}
        kept: dict[str, Section] = {}
        for there, section in enumerate(self._running.sections):
            if self._unmanaged.holds(section, self._names[there]):
                kept[self._names[there]] = section
            elif there not in by_sent:
                return
            else:
                was = self._previous.sections[by_sent[there]]
                if not section.options.keys() <= was.options.keys():
                    return
        slots.clear()
        for name, section in zip(agent_names(self._original), self._original.sections, strict=True):
            now = kept.pop(name, section)
            slots.append(_Slot(Section(now.type, section.name, now.options)))
        slots += [_Slot(section) for section in kept.values()]

    def _tell_taken(self, section: Section, ours: Section) -> None:
        said = label(section)
        if said:
            self._notes.append(
                f"{self._running.name}.{ours.name} is the router's anonymous {section.type} "
                f"({said}) from now on."
            )


def _beside(slots: Sequence[_Slot], place: int, kind: str) -> int:
    """Behind what comes before it in the configuration, else before what comes behind it."""
    placed = [
        (slot.place, at)
        for at, slot in enumerate(slots)
        if slot.place >= 0 and slot.section and slot.section.type == kind
    ]
    before = [entry for entry in placed if entry[0] < place]
    if before:
        return max(before)[1] + 1
    behind = [entry for entry in placed if entry[0] > place]
    return min(behind)[1] if behind else len(slots)


def _pinned(running: Package, sections: Sequence[Section], unmanaged: Unmanaged) -> Sections:
    """Name anonymous sections that are unmanaged by the agent's name and would lose it.

    Such names go by place; what comes or goes before a section would make another one unmanaged.
    """
    result = list(sections)
    wanted = {
        id(section): name
        for section, name in zip(running.sections, agent_names(running), strict=True)
        if section.anonymous and name in unmanaged.names
    }
    given = agent_names(Package(running.name, tuple(result)))
    for at, section in enumerate(result):
        name = wanted.get(id(section))
        if name is not None and name != given[at] and name not in {one.name for one in result}:
            result[at] = Section(section.type, name, section.options)
    return tuple(result)


def _is_open_default(package: str, section: Section) -> bool:
    told = [section.get(name) for name in ("mode", "network", "encryption", "ssid")]
    return (package, section.type) == ("wireless", "wifi-iface") and (
        told[:2] == ["ap", "lan"] and told[2] in ("none", "owe") and told[3] in ("OpenWrt", "LEDE")
    )


def _left_alone(states: States, name: str) -> str:
    return f"{states.running.name}.{name} is unmanaged: it is left as it is."
