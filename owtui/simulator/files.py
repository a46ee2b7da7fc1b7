"""A device's file tree in memory: an image all devices share, an overlay in flash, a tmpfs.

Nothing here touches the host. Paths are keys of dictionaries; `..` is resolved inside the tree,
so no path can lead out of it. A full file system takes what still fits and then raises ENOSPC,
as flash does.
"""

from __future__ import annotations

import errno
import os
import posixpath
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

BLOCK = 4096
_MAX_LINKS = 16
_KERNEL = re.compile(r"/(proc|sys)(/|$)")  # where the computed files are listed


def refusal(code: int, path: str) -> OSError:
    """Return the OSError a kernel would give for `path`."""
    return OSError(code, os.strerror(code), path)


@dataclass(slots=True)
class Node:
    """One file, directory or symbolic link; a link keeps its target in `data`."""

    kind: int
    data: bytes | bytearray = b""
    mode: int = 0o644
    mtime: float = 0.0

    @property
    def is_dir(self) -> bool:
        return self.kind == stat.S_IFDIR

    @property
    def is_link(self) -> bool:
        return self.kind == stat.S_IFLNK


def plain(text: str | bytes | bytearray, mode: int = 0o644, mtime: float = 0.0) -> Node:
    """Return a regular file's node."""
    data = text.encode() if isinstance(text, str) else text
    return Node(stat.S_IFREG, data, mode, mtime)


def directory(mode: int = 0o755, mtime: float = 0.0) -> Node:
    return Node(stat.S_IFDIR, b"", mode, mtime)


def link(target: str, mtime: float = 0.0) -> Node:
    return Node(stat.S_IFLNK, target.encode(), 0o777, mtime)


@dataclass(slots=True)
class Volume:
    """Where written files live: its nodes (None hides one of the image) and its room in bytes."""

    size: int
    base: int = 0
    nodes: dict[str, Node | None] = field(default_factory=dict)
    used: int = 0

    @property
    def taken(self) -> int:
        """Bytes in use, in whole blocks, with what the file system itself needs."""
        return self.base + self.used

    @property
    def free(self) -> int:
        return max(0, self.size - self.taken)

    def put(self, path: str, node: Node | None) -> None:
        self.drop(path)
        self.nodes[path] = node
        self.used += _blocks(node)

    def drop(self, path: str) -> None:
        self.used -= _blocks(self.nodes.pop(path, None))

    def wipe(self) -> None:
        self.nodes.clear()
        self.used = 0


def _blocks(node: Node | None) -> int:
    if node is None or node.kind != stat.S_IFREG:
        return 0
    return -(-len(node.data) // BLOCK) * BLOCK


class Computed(Protocol):
    """Files that are made when they are read."""

    def __contains__(self, path: object, /) -> bool: ...

    def __getitem__(self, path: str, /) -> Callable[[], bytes]: ...

    def below(self, folder: str) -> Iterable[str]:
        """Return the paths of all files in a folder and in the folders inside it."""


@dataclass(slots=True)
class FileTree:
    """The tree a shell sees. `computed` are read-only files made when read (/proc, /sys)."""

    rom: Mapping[str, Node]
    overlay: Volume
    tmp: Volume
    computed: Computed
    now: Callable[[], float]

    # -- finding ---------------------------------------------------------------------------

    def resolve(self, path: str, cwd: str = "/", follow: bool = True) -> str:
        """Return the absolute path with links followed; the last part only if `follow`."""
        parts = [p for p in posixpath.join(cwd, path).split("/") if p and p != "."]
        done: list[str] = []
        links = 0
        while parts:
            part = parts.pop(0)
            if part == "..":
                del done[-1:]
                continue
            here = "/" + "/".join([*done, part])
            node = self._lookup(here)
            if node is not None and node.is_link and (parts or follow):
                links += 1
                if links > _MAX_LINKS:
                    raise refusal(errno.ELOOP, path)
                target = bytes(node.data).decode()
                if target.startswith("/"):
                    done = []
                parts = [p for p in target.split("/") if p and p != "."] + parts
                continue
            done.append(part)
        return "/" + "/".join(done)

    def volume(self, path: str) -> Volume:
        """Return the volume a resolved path is written to."""
        return self.tmp if path == "/tmp" or path.startswith("/tmp/") else self.overlay

    def _lookup(self, path: str) -> Node | None:
        if path in self.computed:
            return plain(self.computed[path](), 0o444, self.now())
        volume = self.volume(path)
        if path in volume.nodes:
            return volume.nodes[path]
        if path in self.rom:
            return self.rom[path]
        if _KERNEL.match(path) and any(self.computed.below(path)):
            return directory(0o555)
        return None

    def find(self, path: str, cwd: str = "/", follow: bool = True) -> Node | None:
        """Return the node at `path`, or None."""
        return self._lookup(self.resolve(path, cwd, follow))

    def node(self, path: str, cwd: str = "/", follow: bool = True) -> Node:
        """Return the node at `path`; raises FileNotFoundError."""
        found = self.find(path, cwd, follow)
        if found is None:
            raise refusal(errno.ENOENT, path)
        return found

    def is_dir(self, path: str, cwd: str = "/") -> bool:
        found = self.find(path, cwd)
        return found is not None and found.is_dir

    def names(self, path: str, cwd: str = "/") -> list[str]:
        """Return the names in a directory, sorted; raises NotADirectoryError and the like."""
        where = self.resolve(path, cwd)
        if not self.node(where).is_dir:
            raise refusal(errno.ENOTDIR, path)
        prefix = where.rstrip("/") + "/"
        found: set[str] = set()
        layers: list[Iterable[str]] = [self.rom, self.overlay.nodes, self.tmp.nodes]
        if _KERNEL.match(where):
            layers.append(self.computed.below(where))
        for keys in layers:
            found.update(k[len(prefix) :].split("/")[0] for k in keys if k.startswith(prefix))
        return sorted(n for n in found if n and self._lookup(prefix + n) is not None)

    def walk(self, path: str) -> Iterator[tuple[str, Node]]:
        """Yield a resolved path and everything below it, parents first; links not followed."""
        node = self._lookup(path)
        if node is None:
            return
        yield path, node
        if node.is_dir:
            for name in self.names(path):
                yield from self.walk(path.rstrip("/") + "/" + name)

    def read(self, path: str, cwd: str = "/") -> bytes:
        """Return a file's bytes; raises FileNotFoundError or IsADirectoryError."""
        node = self.node(path, cwd)
        if node.is_dir:
            raise refusal(errno.EISDIR, path)
        return bytes(node.data)

    # -- changing --------------------------------------------------------------------------

    def _writable(self, path: str, given: str) -> str:
        if path.startswith(("/proc/", "/sys/", "/rom/")) or path in self.computed:
            raise refusal(errno.EROFS, given)
        parent = self._lookup(posixpath.dirname(path))
        if parent is None:
            raise refusal(errno.ENOENT, given)
        if not parent.is_dir:
            raise refusal(errno.ENOTDIR, given)
        return path

    def _put(self, path: str, node: Node) -> None:
        if node.kind != stat.S_IFREG and self.volume(path).free < BLOCK:
            raise refusal(errno.ENOSPC, path)
        node.mtime = self.now()
        self.volume(path).put(path, node)

    def create(self, path: str, cwd: str = "/", mode: int = 0o644, keep: bool = False) -> str:
        """Open for writing: make or empty a file (or keep its content); returns its real path."""
        where = self._writable(self.resolve(path, cwd), path)
        old = self._lookup(where)
        if old is not None and old.is_dir:
            raise refusal(errno.EISDIR, path)
        if old is not None:
            mode = old.mode
        data = bytes(old.data) if keep and old is not None else b""
        self._put(where, plain(bytearray(data), mode))
        return where

    def append(self, where: str, data: bytes) -> None:
        """Add bytes to a file made by `create`; on a full volume what fits, then ENOSPC."""
        volume = self.volume(where)
        node = volume.nodes.get(where)
        if node is None:
            return  # removed while open: the bytes go to a file nobody can name
        assert isinstance(node.data, bytearray)
        room = volume.free + (-len(node.data) % BLOCK)
        before = _blocks(node)
        node.data += data[:room]
        node.mtime = self.now()
        volume.used += _blocks(node) - before
        if len(data) > room:
            raise refusal(errno.ENOSPC, where)

    def write(self, path: str, data: bytes | str, cwd: str = "/", mode: int = 0o644) -> None:
        """Replace a file's content."""
        where = self.create(path, cwd, mode)
        self.append(where, data.encode() if isinstance(data, str) else data)

    def mkdir(self, path: str, cwd: str = "/", parents: bool = False, mode: int = 0o755) -> None:
        where = self.resolve(path, cwd)
        if self._lookup(where) is not None:
            if parents and self.is_dir(where):
                return
            raise refusal(errno.EEXIST, path)
        if parents and self._lookup(posixpath.dirname(where)) is None:
            self.mkdir(posixpath.dirname(where), parents=True)
        self._put(self._writable(where, path), directory(mode))

    def symlink(self, target: str, path: str, cwd: str = "/") -> None:
        where = self._writable(self.resolve(path, cwd, follow=False), path)
        if self._lookup(where) is not None:
            raise refusal(errno.EEXIST, path)
        self._put(where, link(target))

    def remove(self, path: str, cwd: str = "/") -> None:
        """Unlink a file or link, or an empty directory."""
        where = self._writable(self.resolve(path, cwd, follow=False), path)
        node = self._lookup(where)
        if node is None:
            raise refusal(errno.ENOENT, path)
        if node.is_dir and self.names(where):
            raise refusal(errno.ENOTEMPTY, path)
        self.volume(where).drop(where)
        if where in self.rom:
            self.volume(where).put(where, None)

    def rename(self, source: str, target: str, cwd: str = "/") -> None:
        """Move a file or a tree; a file in the way is replaced in one step."""
        old = self.resolve(source, cwd, follow=False)
        new = self._writable(self.resolve(target, cwd, follow=False), target)
        moved = list(self.walk(self._writable(old, source)))
        if not moved:
            raise refusal(errno.ENOENT, source)
        for path, node in moved:
            copy = Node(node.kind, bytearray(node.data), node.mode)
            if self.volume(path) is not self.volume(new) and len(copy.data) > self.volume(new).free:
                raise refusal(errno.ENOSPC, target)
            self._put(new + path[len(old) :], copy)
        for path, _ in reversed(moved):
            if path != new + path[len(old) :]:
                self.remove(path)

    def chmod(self, path: str, mode: int, cwd: str = "/") -> None:
        where = self._writable(self.resolve(path, cwd), path)
        node = self.node(where)
        self._put(where, Node(node.kind, bytearray(node.data), mode))

    def touch(self, path: str, cwd: str = "/") -> None:
        """Set a file's time to now, making an empty one if there is none."""
        if self.is_dir(path, cwd):
            return
        self.create(path, cwd, keep=True)
