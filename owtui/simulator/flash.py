"""Short words for what a program does with the files of a device."""

from __future__ import annotations

import hashlib

from .files import FileTree


class Flash:
    """The file tree as the guard uses it: whole files, folders made and removed with them."""

    def __init__(self, files: FileTree) -> None:
        self.files = files

    def has(self, path: str) -> bool:
        """Whether there is something of that name, a dangling link too."""
        return self.files.find(path, follow=False) is not None

    def md5(self, path: str) -> str:
        """The sum of a file, "-" where there is none."""
        node = self.files.find(path)
        if node is None or node.is_dir:
            return "-"
        return hashlib.md5(bytes(node.data), usedforsecurity=False).hexdigest()

    def sha256(self, path: str) -> str:
        node = self.files.find(path)
        return "-" if node is None else hashlib.sha256(bytes(node.data)).hexdigest()

    def text(self, path: str) -> str:
        """A file as text, "" where there is none."""
        if self.files.find(path) is None:
            return ""
        return self.files.read(path).decode("utf-8", "surrogateescape")

    def write(self, path: str, data: str | bytes, mode: int = 0o600) -> None:
        self.folders(path)
        self.files.write(path, data, mode=mode)

    def copy(self, path: str, to: str) -> None:
        """Copy a file with its mode."""
        node = self.files.node(path)
        self.write(to, bytes(node.data), node.mode)

    def rename(self, path: str, to: str) -> None:
        self.folders(to)
        self.files.rename(path, to)

    def folders(self, path: str) -> list[str]:
        """Make the folders above a path; returns those that were not there, outermost first."""
        made: list[str] = []
        folder = path.rpartition("/")[0] or "/"
        while not self.files.is_dir(folder):
            made.insert(0, folder)
            folder = folder.rpartition("/")[0] or "/"
        for each in made:
            self.files.mkdir(each)
        return made

    def drop(self, path: str) -> None:
        """Remove a file, or a folder with all in it."""
        for found, _ in reversed(list(self.files.walk(path))):
            if self.has(found):
                self.files.remove(found)

    def prune(self, folders: list[str]) -> None:
        """Remove those folders that are empty, innermost first."""
        for folder in sorted(folders, reverse=True):
            if self.files.is_dir(folder) and not self.files.names(folder):
                self.files.remove(folder)
