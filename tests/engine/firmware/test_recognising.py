"""Devices are recognised when they report something else, and when the library changes."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from uuid import UUID

from owtui.engine.bus import Bus
from owtui.engine.events import DeviceChanged, FirmwareChanged
from owtui.engine.firmware.recognising import Recognising
from owtui.errors import InputError
from storage import devices
from tests.engine.firmware.site import NEW, Site


async def test_only_what_moved_is_asked_for(site: Site) -> None:
    first, second = await site.device("ap-1"), await site.device("ap-2")
    asked: asyncio.Queue[Collection[UUID] | None] = asyncio.Queue()
    bus = Bus()

    async def recognise(ids: Collection[UUID] | None) -> int:
        asked.put_nowait(ids)
        if ids is None:
            raise InputError("The board map is none.")
        return 1

    task = asyncio.create_task(Recognising(site.fleet, bus, recognise).run())
    everyone = await asyncio.wait_for(asked.get(), 5)
    assert everyone is not None
    assert set(everyone) == {first, second}
    bus.publish(DeviceChanged(str(second)))  # it was polled, and reports the same
    await site.database.awrite(lambda s: devices.update(s, first, os=NEW))
    await site.fleet.load()
    bus.publish(DeviceChanged(str(first)))
    assert await asyncio.wait_for(asked.get(), 5) == [first]
    bus.publish(FirmwareChanged("*"))
    assert await asyncio.wait_for(asked.get(), 5) is None
    assert not task.done()  # what was wrong is logged
    task.cancel()
