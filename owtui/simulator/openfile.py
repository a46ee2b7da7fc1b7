"""Files opened by a redirection, which can also hold an advisory lock (flock FD)."""

from __future__ import annotations

import asyncio

from .files import FileTree
from .streams import BytesSource, Stream


class Locks:
    """Who holds which lock file; released when the last copy of the descriptor closes."""

    def __init__(self) -> None:
        self._holders: dict[str, object] = {}
        self._freed = asyncio.Event()

    def try_lock(self, path: str, holder: object) -> bool:
        return self._holders.setdefault(path, holder) is holder

    async def lock(self, path: str, holder: object) -> None:
        while not self.try_lock(path, holder):
            self._freed.clear()
            await self._freed.wait()

    def unlock(self, path: str, holder: object) -> None:
        if self._holders.get(path) is holder:
            del self._holders[path]
            self._freed.set()

    def release(self, path: str) -> None:
        """Free a lock whoever holds it, as `lock -u` does."""
        self.unlock(path, self._holders.get(path))

    def clear(self) -> None:
        self._holders.clear()


class OpenFile(Stream):
    """An open file: one description, however many descriptors share it."""

    def __init__(self, files: FileTree, path: str, locks: Locks) -> None:
        self.files = files
        self.path = path
        self._locks = locks
        self._holders = 1

    def share(self) -> Stream:
        self._holders += 1
        return self

    def close(self) -> None:
        self._holders -= 1
        if self._holders <= 0:
            self._locks.unlock(self.path, self)


class ReadFile(OpenFile):
    """A file opened for reading; raises OSError when it cannot be."""

    def __init__(self, files: FileTree, path: str, locks: Locks) -> None:
        super().__init__(files, path, locks)
        self._source = BytesSource(files.read(path))

    async def read(self, size: int = -1) -> bytes:
        return await self._source.read(size)


class WriteFile(OpenFile):
    """A file opened for writing, already created."""

    async def write(self, data: bytes) -> None:
        self.files.append(self.path, data)
