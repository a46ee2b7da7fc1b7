"""Running a parsed script: one `Shell` is one ash process of a device, and one coroutine here."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace

from ..streams import Capture, Hangup, Pipe, Stream
from . import expand, glob
from .control import Break, Exit
from .launch import Launcher
from .parser import parse
from .redirect import RedirectError, open_redirect
from .syntax import (
    Case,
    Command,
    For,
    Function,
    Group,
    If,
    Item,
    Loop,
    Pipeline,
    Redirect,
    Script,
    ShellSyntaxError,
    Simple,
)

_YIELD_EVERY = 64


class Shell(Launcher):
    """One ash at work."""

    # -- starting --------------------------------------------------------------------------

    async def main(self, text: str) -> int:
        """Run a whole script as a process does; returns its exit status."""
        try:
            status = await self._run_to_exit(lambda: self.source(text))
            if trap := self.traps.pop("EXIT", self.traps.pop("0", "")):
                self.status = status
                status = await self._run_to_exit(lambda: self.source(trap), status)
        except Hangup:
            return 141
        return status

    async def _run_to_exit(self, run: Callable[[], Awaitable[int]], default: int = -1) -> int:
        try:
            status = await run()
            return status if default < 0 else default
        except Exit as end:
            return end.status
        except Break:
            return 0
        except ShellSyntaxError as error:
            await self.complain(str(error))
            return 2
        except RecursionError:
            await self.complain("out of stack space")
            return 2

    async def source(self, text: str) -> int:
        """Parse and run text in this shell; raises Exit on a syntax error."""
        try:
            script = parse(text)
        except ShellSyntaxError as error:
            await self.complain(f"syntax error: {error}")
            raise Exit(2) from None
        return await self.run(script)

    async def capture(self, script: Script) -> str:
        """Run a command substitution and return what it printed."""
        sink = Capture()
        child = self.fork(dict(self.fds) | {1: sink})
        try:
            self.status = await child._run_to_exit(lambda: child.run(script))
        except Hangup:
            self.status = 141
        return sink.data.replace(b"\0", b"").decode("utf-8", "surrogateescape")

    # -- lists and pipelines -----------------------------------------------------------------

    async def run(self, script: Script) -> int:
        """Run commands one after another; returns the status of the last."""
        self.status = 0 if not script else self.status
        for item in script:
            await self._item(item)
        return self.status

    async def _item(self, item: Item) -> None:
        self.steps += 1
        if self.steps % _YIELD_EVERY == 0:
            await asyncio.sleep(0)
        if item.background:
            self._background(item)
            return
        last = len(item.pipelines) - 1
        for index, pipeline in enumerate(item.pipelines):
            if index and (item.links[index - 1] == "&&") != (self.status == 0):
                continue
            tested = index < last or pipeline.negated
            self.tested += tested
            try:
                self.status = await self._pipeline(pipeline)
            finally:
                self.tested -= tested
            if self.status and not tested and not self.tested and "e" in self.options:
                raise Exit(self.status)

    def _background(self, item: Item) -> None:
        fds = {fd: stream.share() for fd, stream in self.fds.items()}
        fds[0].close()
        fds[0] = Stream()
        child = self.fork(fds)
        front = Item(item.pipelines, item.links, False, item.text)

        async def work() -> int:
            try:
                inner = await child._detach(front)
                return await child._run_to_exit(lambda: child.run((inner,)))
            except RedirectError as error:
                await child.complain(str(error))
                return 1
            except Hangup:
                return 141
            finally:
                for stream in child.fds.values():
                    stream.close()

        process = self.device.processes.spawn(self.pid, item.text, work(), environ=child.exports())
        child.pid = self.last_background = process.pid
        assert process.task is not None
        self.jobs.append(process.task)
        self.status = 0

    async def _detach(self, item: Item) -> Item:
        """Make the redirections of a background command for good, letting go of what they hide.

        A session's channel stays open as long as somebody holds its output, so a job that sent
        its own elsewhere must not hold it.
        """
        if len(item.pipelines) > 1 or len(item.pipelines[0].stages) > 1:
            return item
        pipeline = item.pipelines[0]
        stage = pipeline.stages[0]
        if isinstance(stage, Function):
            return item
        for redirect in stage.redirects:
            hidden = self.fds.get(redirect.fd)
            await open_redirect(self, redirect, [])
            if redirect.op in (">&", "<&") and redirect.fd in self.fds:
                self.fds[redirect.fd].share()
            if hidden is not None:
                hidden.close()
        bare = replace(pipeline, stages=(replace(stage, redirects=()),))
        return replace(item, pipelines=(bare,))

    async def _pipeline(self, pipeline: Pipeline) -> int:
        if len(pipeline.stages) == 1:
            status = await self.command(pipeline.stages[0])
        else:
            status = await self._stages(pipeline.stages)
        return int(not status) if pipeline.negated else status

    async def _stages(self, stages: tuple[Command, ...]) -> int:
        tasks: list[asyncio.Task[int]] = []
        source: Stream | None = None
        for index, stage in enumerate(stages):
            fds = dict(self.fds)
            ends: list[Stream] = []
            if source is not None:
                fds[0] = source
                ends.append(source)
            if index < len(stages) - 1:
                pipe = Pipe()
                fds[1], source = pipe.writer, pipe.reader
                ends.append(pipe.writer)
            work = self._stage(self.fork(fds), stage, ends)
            tasks.append(asyncio.create_task(work, name=f"{self.device.name} pipeline"))
        try:
            return (await asyncio.gather(*tasks))[-1]
        finally:
            for task in tasks:
                task.cancel()

    @staticmethod
    async def _stage(child: Shell, stage: Command, ends: list[Stream]) -> int:
        try:
            return await child._run_to_exit(lambda: child.command(stage))
        except Hangup:
            return 141
        finally:
            for end in ends:
                end.close()

    # -- commands --------------------------------------------------------------------------

    async def command(self, node: Command) -> int:
        """Run one command with its redirections; returns its status."""
        if isinstance(node, Simple):
            return await self._simple(node)
        if isinstance(node, Function):
            self.functions[node.name] = node.body
            return 0
        return await self._redirected(node.redirects, lambda: self._compound(node))

    async def _redirected(
        self, redirects: Iterable[Redirect], run: Callable[[], Awaitable[int]]
    ) -> int:
        if not redirects:
            return await run()
        saved = dict(self.fds)
        opened: list[Stream] = []
        try:
            for redirect in redirects:
                await open_redirect(self, redirect, opened)
            return await run()
        except RedirectError as error:
            self.fds = saved
            await self.complain(str(error))
            return 1
        finally:
            self.fds = saved
            for stream in opened:
                stream.close()

    async def _compound(self, node: Group | If | For | Loop | Case) -> int:
        if isinstance(node, Group):
            return await (self._subshell(node.body) if node.subshell else self.run(node.body))
        if isinstance(node, If):
            return await self._if(node)
        if isinstance(node, For):
            return await self._for(node)
        if isinstance(node, Loop):
            return await self._loop(node)
        word = await expand.text(self, node.word)
        for patterns, body in node.arms:
            for pattern in patterns:
                if glob.matches(await expand.pattern(self, pattern), word):
                    return await self.run(body) if body else 0
        return 0

    async def _subshell(self, body: Script) -> int:
        child = self.fork()
        return await child._run_to_exit(lambda: child.run(body))

    async def _holds(self, condition: Script) -> bool:
        self.tested += 1
        try:
            return await self.run(condition) == 0
        finally:
            self.tested -= 1

    async def _if(self, node: If) -> int:
        for condition, body in node.branches:
            if await self._holds(condition):
                return await self.run(body)
        return await self.run(node.otherwise) if node.otherwise else 0

    async def _for(self, node: For) -> int:
        values = list(self.args)
        if node.words is not None:
            values = [f for word in node.words for f in await expand.fields(self, word)]
        status = 0
        for value in values:
            self.vars[node.name] = value
            status, more = await self._turn(node.body)
            if not more:
                break
        return status

    async def _loop(self, node: Loop) -> int:
        status = 0
        while await self._condition(node):
            status, more = await self._turn(node.body)
            if not more:
                break
        return status

    async def _condition(self, node: Loop) -> bool:
        return await self._holds(node.condition) != node.until

    async def _turn(self, body: Script) -> tuple[int, bool]:
        try:
            return await self.run(body), True
        except Break as jump:
            if jump.levels > 1:
                raise Break(jump.levels - 1, jump.again) from None
            return 0, jump.again

    async def _simple(self, node: Simple) -> int:
        argv = [f for word in node.words for f in await expand.fields(self, word)]
        if not argv:
            self.status = 0
            for name, value in node.assigns:
                self.vars[name] = await expand.text(self, value)
            status = self.status
            return await self._redirected(node.redirects, lambda: _just(status))
        if argv == ["exec"]:
            return await self._keep_open(node.redirects)
        saved = {name: self.vars.get(name) for name, _ in node.assigns}
        fresh = {name for name, _ in node.assigns} - self.exported
        for name, value in node.assigns:
            self.vars[name] = await expand.text(self, value)
        self.exported |= fresh
        if "x" in self.options:
            await self.fds[2].write(f"+ {' '.join(argv)}\n".encode())
        try:
            return await self._redirected(node.redirects, lambda: self.execute(argv))
        finally:
            self.exported -= fresh
            self.restore(saved)

    async def _keep_open(self, redirects: Iterable[Redirect]) -> int:
        """`exec` without a command: the redirections stay."""
        try:
            for redirect in redirects:
                await open_redirect(self, redirect, [])
        except RedirectError as error:
            await self.complain(str(error))
            raise Exit(1) from None
        return 0


async def _just(status: int) -> int:
    return status
