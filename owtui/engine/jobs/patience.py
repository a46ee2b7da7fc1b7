"""Work that outlives a database that is away for a while: a restart of the server, a long lock.

A job that ended for such a reason would leave devices half done, so whoever drives one waits and
asks again. What storage refuses for good (a row that is gone, a broken rule) is raised at once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlmodel import Session

from storage.db import Database
from storage.errors import BusyError, UnusableError

T = TypeVar("T")
AGAIN_S = 1.0

log = logging.getLogger(__name__)


async def read(database: Database, fn: Callable[[Session], T]) -> T:
    """`database.aread`, until it can be done."""
    return await until_done(lambda: database.aread(fn))


async def write(database: Database, fn: Callable[[Session], T]) -> T:
    """`database.awrite`, until it can be done; `fn` may have been committed before."""
    return await until_done(lambda: database.awrite(fn))


async def until_done(call: Callable[[], Awaitable[T]]) -> T:
    """Await `call`, which must be safe to repeat, until the database lets it."""
    while True:
        try:
            return await call()
        except (BusyError, UnusableError) as error:
            log.warning("waiting for the database: %s", error)
            await asyncio.sleep(AGAIN_S)
