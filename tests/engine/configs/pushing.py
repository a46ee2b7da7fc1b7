"""Routers of a test: packages as text, and one that is pushed to again and again."""

from __future__ import annotations

from owtui.engine.configs.diff import changed
from owtui.engine.configs.landing import Landing, land
from owtui.engine.configs.model import File
from owtui.engine.configs.sections import package_path

Files = dict[str, File]
NETWORK = """
config interface 'lan'
	option proto 'static'
	option ipaddr '192.168.1.1'
	list dns '9.9.9.9'
	option mtu '1400'

config interface 'wg1'
	option proto 'wireguard'

"""


def files(mode: int = 0o644, **texts: str) -> Files:
    """Packages by their text; `_` in a name is a dash."""
    return {f"/etc/config/{name}": File(text.encode(), mode) for name, text in texts.items()}


def text(landing: Landing, package: str) -> str:
    """The new text of a package."""
    file = landing.changes[f"/etc/config/{package}"]
    assert file is not None
    return file.data.decode()


class Router:
    """A router that is pushed to again and again."""

    def __init__(self, files: Files) -> None:
        self.files = dict(files)
        self.previous: Files = {}
        self.originals: dict[str, File | None] = {}

    def push(self, rendered: Files, *unmanaged: str, overwrite: bool = False) -> Landing:
        """Land and apply a configuration."""
        landing = land(
            self.files,
            rendered,
            self.previous,
            self.originals,
            unmanaged=unmanaged,
            overwrite=overwrite,
        )
        self.files = changed(self.files, landing.changes)
        self.previous, self.originals = rendered, dict(landing.originals)
        return landing

    def text(self, package: str) -> str:
        """A package as it is now."""
        return self.files[package_path(package)].data.decode()
