"""What a router runs, as the configuration of its device: UCI to NetJSON, and proof that it fits.

netjsonconfig reads UCI to NetJSON, but not all of it, not always rightly, and it may fail. So each
section is given the best form in which rendering gives it back: NetJSON's own, then a section of a
UCI package in NetJSON (`"network": [{"config_name": …}]`, where single options of a section may
stand too), then UCI text. The forms are tried, rendered and compared until nothing differs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from owtui.engine.configs.adoption import Adoption
from owtui.engine.configs.model import File, Files
from owtui.engine.configs.pieces import Form, Piece
from owtui.engine.configs.render import uses_dsa
from owtui.engine.configs.sections import package_name
from owtui.engine.configs.validate import problems_of
from owtui.engine.configs.variables import PATTERN
from owtui.engine.openwrt import uci
from owtui.engine.openwrt.uci import Package
from owtui.errors import ProtocolError


@dataclass(frozen=True, slots=True)
class Adopted:
    """A device's own configuration and verbatim UCI, and what a reader must know of it.

    Rendered without templates they give the packages back: see equivalence.py. `told` are sentences
    without values.
    """

    config: dict[str, Any]
    verbatim: dict[str, str]
    told: tuple[str, ...] = ()


def adopt(
    packages: Mapping[str, Package | str], files: Files | None = None, *, os: str = ""
) -> Adopted:
    """Make the configuration of a device from the packages and other files that it has.

    `os` is the device's, which decides the syntax (OpenWrt 21 and later, or before). A package that
    is no UCI, and a file that is no text, are left out and told.
    """
    told: list[str] = []
    read: dict[str, Package] = {}
    for name, package in packages.items():
        try:
            read[name] = uci.parse(package, name) if isinstance(package, str) else package
        except ProtocolError as error:
            told.append(f"{name} is left out: {error.sentence}")
    texts, about = _texts(files or {})
    adoption = Adoption(read, texts, dsa=uses_dsa(os))
    adoption.settle()
    if "system" in read and not adoption.has_hostname():
        about.insert(0, "The router sets no hostname: the device's name will be its hostname.")
    return Adopted(adoption.config(), adoption.verbatim(), (*told, *_told(adoption.pieces), *about))


def packages_in(files: Files) -> dict[str, str]:
    """The text of each UCI package among files, as `adopt` takes it; other files are left out."""
    named = ((package_name(path), file) for path, file in files.items())
    return {name: file.data.decode("utf-8", "surrogateescape") for name, file in named if name}


def _texts(files: Files) -> tuple[list[dict[str, str]], list[str]]:
    """The files as NetJSON has them, and what is to be told of them."""
    result, told = [], []
    for path in sorted(files):
        text = _text(files[path])
        if text is None:
            told.append(f"{path} is left out: it is no text.")
            continue
        entry = {"path": path, "mode": f"{files[path].mode & 0o7777:04o}", "contents": text}
        if problems_of({"files": [entry]}):
            told.append(f"{path} is left out: NetJSON takes no such path.")
            continue
        result.append(entry)
        if PATTERN.search(text):
            told.append(f"{path} holds what looks like variables; they are put in where defined.")
    return result, told


def _text(file: File) -> str | None:
    try:
        return None if b"\0" in file.data else file.data.decode()
    except UnicodeDecodeError:
        return None


def _told(pieces: list[Piece]) -> Iterator[str]:
    for piece in pieces:
        if piece.form is Form.NATIVE and piece.held:
            options = ", ".join(sorted(piece.held))
            yield f"{piece.place} has {options} as UCI: NetJSON would say it differently."
        elif piece.form is Form.BLOCK and piece.why:
            yield f"{piece.place} stays a section of UCI: {piece.why}."
    texts = Counter((one.package, one.why) for one in pieces if one.form is Form.TEXT)
    for (package, why), count in texts.items():
        said = "section" if count == 1 else "sections"
        yield f"{package}: {count} {said} {why} stay{'s' * (count == 1)} UCI text."
