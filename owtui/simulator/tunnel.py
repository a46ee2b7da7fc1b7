"""A forwarded TCP connection: bytes go both ways between a channel and a socket."""

from __future__ import annotations

import asyncio
from typing import Any

_CONNECT_S = 5.0
_BLOCK = 65536


class Relay:
    """Called by asyncssh with the streams of a forwarded channel."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port

    async def __call__(self, reader: Any, writer: Any) -> None:
        try:
            async with asyncio.timeout(_CONNECT_S):
                inner_reader, inner_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.close()
            return
        async with asyncio.TaskGroup() as group:
            group.create_task(_pump(reader, inner_writer))
            group.create_task(_pump(inner_reader, writer))


async def _pump(source: Any, sink: Any) -> None:
    try:
        while data := await source.read(_BLOCK):
            sink.write(data)
            await sink.drain()
    except OSError:
        return
    finally:
        sink.close()
