"""The log of one device as it is written; followed while the screen is open, and no longer.

Lines are read on the engine's loop and wait in a bounded queue, so that a device which floods its
log costs the screen two repaints a second, and the memory KEEP lines.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, ClassVar
from uuid import UUID

from owtui.console import trusting
from owtui.console.screens.text import TextScreen
from owtui.console.session import Session
from owtui.errors import PROBLEMS, HostKeyError
from widgets.textview import TextView

if TYPE_CHECKING:
    from owtui.engine.engine import Engine

KEEP = 10_000  # lines
FIRST = 200  # of the past
EVERY_S = 0.5


class LogScreen(TextScreen):
    """Follows a log; `/` searches, `f` leaves only the lines that were searched, `p` holds it still
    while it goes on being read. Who scrolls up stays there; the end follows again.
    """

    scopes: ClassVar[tuple[str, ...]] = ("app", "data", "list", "text")
    DEFAULT_CSS = "LogScreen #filter { display: none; }"

    def __init__(self, session: Session, device_id: UUID, name: str) -> None:
        super().__init__(session, ("Fleet", name, "Log"), "")
        self._device_id = device_id
        self._news: deque[str] = deque(maxlen=KEEP)  # filled by the engine's thread
        self._kept: deque[str] = deque(maxlen=KEEP)
        self._state = "following"
        self._words = ""
        self._only = False  # the lines with the words alone

    def note(self) -> str:
        """Whether more may come, and what is left out."""
        if not self._is_narrowed:
            return self._state
        shown = sum(map(self._matches, self._kept))
        return f"{shown} of {len(self._kept)} lines"

    def on_mount(self) -> None:
        """Follow; Textual ends the asking with the screen, and that the log on the device."""
        self._begin()
        self.set_interval(EVERY_S, self._deliver)

    def _begin(self) -> None:
        self._state = "following"
        self.ask(self._follow, "log")

    async def _follow(self) -> None:
        async def follow(engine: Engine) -> None:
            async with engine.sessions.log(self._device_id, lines=FIRST) as tail:
                async for line in tail:
                    self._news.append(f"-- {line.text} --" if line.marker else line.text)

        try:
            await self.session.bridge.call(follow)
        except PROBLEMS as error:
            self._state = "not followed"
            self.refresh_frame()
            if not isinstance(error, HostKeyError):
                raise
            trusting.ask(self, self._device_id, error.failure, self._begin)

    def _deliver(self) -> None:
        """Show what has come; frozen or hidden, it waits, and the oldest give way."""
        if self.session.paused or not self.is_current or not self._news:
            return
        fresh = [self._news.popleft() for _ in range(len(self._news))]
        view = self.query_one(TextView)
        fits = len(self._kept) + len(fresh) <= KEEP
        self._kept.extend(fresh)
        shown = list(filter(self._matches, fresh))
        if not fits:
            self._show_all()
        elif shown:
            view.append_text("\n".join(shown))
        if self._is_narrowed:
            self.refresh_frame()

    def _show_all(self) -> None:
        view = self.query_one(TextView)
        at_end = view.scroll_offset.y >= view.max_scroll_y
        view.update_text("\n".join(filter(self._matches, self._kept)))
        if at_end:
            view.scroll_end(animate=False)

    # --- a part of it ---

    @property
    def _is_narrowed(self) -> bool:
        return self._only and bool(self._words)

    def _matches(self, line: str) -> bool:
        """As the search finds: small letters match any case, a capital letter only itself."""
        if not self._is_narrowed:
            return True
        return self._words in (line.lower() if self._words == self._words.lower() else line)

    def search(self, words: str) -> None:
        """Show where these words are; with `f`, only the lines that have them."""
        self._words = words
        if self._only:
            self._show_all()
        super().search(words)
        self.refresh_frame()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without words there is nothing to leave out."""
        if action == "text_only" and not self._words:
            return False
        return super().check_action(action, parameters)

    def action_text_only(self) -> None:
        """Only the lines with what was searched, or all again."""
        self._only = not self._only
        self._show_all()
        self.refresh_frame()
