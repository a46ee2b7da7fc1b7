"""The bus: coalesced by key, bounded, safe between threads."""

from __future__ import annotations

import threading

from owtui.engine.bus import Bus
from owtui.engine.events import DeviceChanged, JobChanged, Notice


def test_a_newer_event_of_a_key_replaces_the_unread_one() -> None:
    bus, woken = Bus(), []
    listener = bus.subscribe(["notices"], lambda: woken.append(1))
    for number in range(1_000):
        bus.publish(Notice(key="a", sentence=str(number)))
    bus.publish(Notice(key="b", sentence="x"))
    assert [e.sentence for e in listener.take() if isinstance(e, Notice)] == ["999", "x"]
    assert len(woken) == 1, "a slow reader is woken once, not a thousand times"
    assert listener.take() == []


def test_topics_are_kept_apart_and_none_means_all() -> None:
    bus = Bus()
    jobs, everything = bus.subscribe(["jobs"], lambda: None), bus.subscribe([], lambda: None)
    bus.publish(DeviceChanged(key="1"), JobChanged(key="1"))
    assert [e.topic for e in jobs.take()] == ["jobs"]
    assert [e.topic for e in everything.take()] == ["devices", "jobs"]


def test_after_unsubscribing_nothing_arrives() -> None:
    bus = Bus()
    listener = bus.subscribe([], lambda: None)
    bus.unsubscribe(listener)
    bus.unsubscribe(listener)
    bus.publish(JobChanged(key="1"))
    assert listener.take() == []


def test_events_of_many_threads_all_arrive() -> None:
    bus = Bus()
    listener = bus.subscribe([], lambda: None)

    def shout(start: int) -> None:
        for number in range(start, start + 500):
            bus.publish(DeviceChanged(key=str(number)))

    threads = [threading.Thread(target=shout, args=(n * 500,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(listener.take()) == 2_000
