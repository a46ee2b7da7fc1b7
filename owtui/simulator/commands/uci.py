"""The uci command: its verbs, texts and exit codes."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from ..shell.call import Call, program
from ..uci import (
    INVALID,
    NOT_FOUND,
    Package,
    UciError,
    export_text,
    file_text,
    first,
    parse,
    quoted,
    show_names,
    show_section,
    show_text,
    show_value,
)
from ..ucistore import (
    CONFIG,
    LIST_ADD,
    LIST_DEL,
    ORDER,
    REMOVE,
    RENAME,
    SET,
    STAGING,
    Change,
    UciStore,
)

_VERBS = "batch export import changes commit add add_list del_list show get set delete rename"
_CHANGES = {
    "set": SET,
    "add_list": LIST_ADD,
    "del_list": LIST_DEL,
    "delete": REMOVE,
    "rename": RENAME,
    "reorder": ORDER,
}


@dataclass(frozen=True, slots=True)
class Target:
    """package.section.option=value; the value is None when there is no equals sign."""

    package: str
    section: str = ""
    option: str = ""
    value: str | None = None


def target(text: str) -> Target:
    """Read uci's tuple; raises UciError for one it would not take."""
    where, equals, value = text.partition("=")
    found = re.fullmatch(r"([^.]+)(?:\.(@[^.\[]*\[-?\d+\]|[^.@]+)(?:\.([^.]+))?)?", where)
    if found is None:
        raise UciError(INVALID)
    return Target(found[1], found[2] or "", found[3] or "", value if equals else None)


@program("/sbin/uci")
async def uci(call: Call) -> int:
    options, words = call.options("qXnNsSmL", "cdfpPt")
    if not words:
        await call.err(f"Usage: uci [<options>] <command> [<arguments>]\n\nCommands: {_VERBS}\n")
        return 255
    staging = options.get("P", options.get("t", STAGING))
    tool = _Tool(call, UciStore(call.files, options.get("c", CONFIG), staging), options)
    return await tool.run(words[0], words[1:])


class _Tool:
    def __init__(self, call: Call, store: UciStore, options: dict[str, str]) -> None:
        self.call = call
        self.store = store
        self.quiet = "q" in options
        self.extended = "X" not in options
        self.delimiter = options.get("d", " ")
        self.file = options.get("f", "")

    async def run(self, verb: str, args: list[str]) -> int:
        try:
            if verb in _CHANGES:
                return await self._change(verb, args)
            act = {
                "show": self._show,
                "get": self._get,
                "export": self._export,
                "import": self._import,
                "add": self._add,
                "changes": self._list_changes,
                "commit": self._commit,
                "revert": self._revert,
                "batch": self._batch,
            }.get(verb)
            if act is None:
                return await self._usage()
            return await act(args)
        except UciError as error:
            return await self._fail(str(error))

    async def _usage(self) -> int:
        await self.call.err(
            f"Usage: uci [<options>] <command> [<arguments>]\n\nCommands: {_VERBS}\n"
        )
        return 255

    async def _fail(self, text: str) -> int:
        if not self.quiet:
            await self.call.err(f"uci: {text}\n")
        return 1

    # -- reading ---------------------------------------------------------------------------

    async def _show(self, args: list[str]) -> int:
        if args:
            return await self._show_one(target(args[0]))
        return await self._every(lambda p: show_text(p, self.extended, self.delimiter))

    async def _every(self, text: object) -> int:
        assert callable(text)
        for name in self.store.names():
            try:
                await self.call.out(text(self.store.load(name)))
            except UciError as error:
                await self._fail(str(error))
        return 0

    async def _show_one(self, where: Target) -> int:
        package = self.store.load(where.package)
        if not where.section:
            await self.call.out(show_text(package, self.extended, self.delimiter))
            return 0
        section = package.find(where.section)
        if section is None:
            raise UciError(NOT_FOUND)
        named = where.section.startswith("@") and self.extended
        shown = where.section if named else show_names(package, self.extended)[section.name]
        if not where.option:
            await self.call.out(show_section(package, section, shown, self.delimiter))
            return 0
        if where.option not in section.options:
            raise UciError(NOT_FOUND)
        value = show_value(section.options[where.option], self.delimiter)
        await self.call.out(f"{package.name}.{shown}.{where.option}={value}\n")
        return 0

    async def _get(self, args: list[str]) -> int:
        where = target((args or [""])[0])
        section = self.store.load(where.package).find(where.section)
        if section is None or not where.section:
            raise UciError(NOT_FOUND)
        if not where.option:
            await self.call.out(section.type + "\n")
            return 0
        if where.option not in section.options:
            raise UciError(NOT_FOUND)
        value = section.options[where.option]
        if isinstance(value, list):
            value = self.delimiter.join(quoted(v) if re.search(r"\s", v) else v for v in value)
        await self.call.out(first(value) + "\n")
        return 0

    async def _export(self, args: list[str]) -> int:
        if not args:
            return await self._every(export_text)
        await self.call.out(export_text(self.store.load(args[0])))
        return 0

    async def _list_changes(self, args: list[str]) -> int:
        for name in args[:1] or self.store.names():
            for change in self.store.changes(name):
                op = {LIST_ADD: "+=", LIST_DEL: "-="}.get(change.op, "=")
                where = f"{name}.{change.section}" + (f".{change.option}" if change.option else "")
                if change.op == REMOVE and not change.value:
                    await self.call.out(f"-{where}\n")
                else:
                    await self.call.out(f"{where}{op}{quoted(change.value)}\n")
        return 0

    # -- changing --------------------------------------------------------------------------

    async def _change(self, verb: str, args: list[str]) -> int:
        if not args:
            return await self._usage()
        where = target(args[0])
        if not where.section or (where.value is None and verb != "delete"):
            raise UciError(INVALID)
        change = Change(_CHANGES[verb], where.section, where.option, where.value or "")
        if verb == "delete":
            change = Change(REMOVE, where.section, where.option)
        self.store.stage(where.package, change)
        return 0

    async def _add(self, args: list[str]) -> int:
        if len(args) < 2:
            return await self._usage()
        await self.call.out(self.store.add(args[0], args[1]) + "\n")
        return 0

    async def _commit(self, args: list[str]) -> int:
        names = [target(args[0]).package] if args else self.store.names()
        for name in names:
            if self.store.commit(name):
                self.call.device.effects.commits[name] += 1
        return 0

    async def _revert(self, args: list[str]) -> int:
        if not args:
            return await self._usage()
        where = target(args[0])
        self.store.load(where.package)
        self.store.revert(where.package, where.section, where.option)
        return 0

    async def _import(self, args: list[str]) -> int:
        data = await self.call.read(self.file or "-")
        text = data.decode(errors="replace")
        named = re.search(r"^\s*package\s+'?([\w-]+)'?", text, re.MULTILINE)
        name = args[0] if args else named[1] if named else ""
        if not name:
            raise UciError(INVALID)
        package: Package = parse(text, name)
        self.store.replace(name, file_text(package))
        self.store.revert(name)
        return 0

    async def _batch(self, args: list[str]) -> int:
        data = (await self.call.read(self.file or "-")).decode(errors="replace")
        for line in data.splitlines():
            try:
                words = shlex.split(line, comments=True)
            except ValueError:
                await self._fail(INVALID)
                continue
            if words:
                await self.run(words[0], words[1:])
        return 0
