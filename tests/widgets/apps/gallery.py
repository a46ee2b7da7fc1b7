"""One page of the gallery in a terminal, with its input focused."""

from __future__ import annotations

import sys

from tests.widgets.apps.ready import tell_ready
from widgets.__main__ import Gallery


class ReadyGallery(Gallery):
    """Says when its first frame is out."""

    def on_mount(self) -> None:
        self.call_after_refresh(tell_ready, self)


if __name__ == "__main__":
    ReadyGallery(sys.argv[1]).run()
