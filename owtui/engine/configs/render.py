"""From a device's layers to the files it gets: OpenWISP's rules, netjsonconfig's OpenWrt backend.

Where netjsonconfig is wrong owtui is right in its own layer; docs/configuration.md has the list.
We merge and put variables in ourselves, let the library turn NetJSON into UCI sections, and print
and pack those ourselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from owtui.engine.configs import archive, library
from owtui.engine.configs.merge import copied, merge, merge_two
from owtui.engine.configs.model import BACKEND, File, Files, Json, Rendered, Subject
from owtui.engine.configs.validate import ConfigError, problems_of
from owtui.engine.configs.variables import context_of, evaluate, names
from owtui.engine.openwrt import uci
from owtui.errors import ProtocolError

PACKAGES = "/etc/config/"
_OPENWRT = re.compile(r"openwrt\s*(\d+)(?:\.\d+)*", re.IGNORECASE)
DSA_SINCE = 21  # OpenWrt 21.02 brought `config device`
_FILE_MODE = "0644"


def render(subject: Subject) -> Rendered:
    """The files of a device. Raises ConfigError with every problem of the merged configuration."""
    config = configuration(subject)
    found = problems_of(config, subject.backend)
    if found:
        raise ConfigError(found, merged=True)
    return rendered(config, subject)


def configuration(subject: Subject, below: Json | None = None) -> dict[str, Any]:
    """The merged NetJSON of a device with its variables in place. Raises InputError.

    `below`: its layers, where they have been merged already.
    """
    if below is None:
        below = merge(layer.config for layer in subject.layers)
    merged = merge_two(below, with_hostname(subject.config, subject.name))
    evaluated: dict[str, Any] = evaluate(merged, context_of(subject))
    return evaluated


def rendered(config: Json, subject: Subject) -> Rendered:
    """The files of a configuration that has no problems."""
    files = files_of(config, subject)
    packed = archive.pack(files)
    unset = tuple(sorted(names(config)))
    return Rendered(files, packed, archive.checksum(packed), unset)


def with_hostname(config: Json, name: str) -> Json:
    """OpenWISP's injection: the device's name is its hostname unless its own configuration says
    otherwise, whatever the templates say."""
    general = config.get("general", {})
    if not isinstance(general, Mapping) or "hostname" in general:
        return config
    return {**config, "general": {**general, "hostname": name.replace(":", "-")}}


def uses_dsa(os: str) -> bool:
    """Whether a release takes the syntax of OpenWrt 21 and later; unknown ones do."""
    found = _OPENWRT.search(os)
    return found is None or int(found[1]) >= DSA_SINCE


def files_of(config: Mapping[str, Any], subject: Subject) -> dict[str, File]:
    """The files of a configuration that has no problems; `verbatim` UCI is added behind."""
    if subject.backend == BACKEND:
        copy = copied(config)  # the steps alter what they are given
        packages = library.packages(copy, dsa=uses_dsa(subject.os))
        texts = with_verbatim(print_packages(packages), subject.verbatim)
        files = {
            PACKAGES + name: File(text.encode("utf-8", "surrogateescape"))
            for name, text in texts.items()
        }
        return files | extra_files(copy)  # a step may have added some
    return library.legacy_files(copied(config), subject.backend)


def extra_files(config: Json) -> dict[str, File]:
    """NetJSON's `files`; of two with one path the later one is meant."""
    return {
        "/" + item["path"].lstrip("/"): File(
            str(item["contents"]).encode("utf-8", "surrogateescape"),
            int(str(item.get("mode", _FILE_MODE)), 8),
        )
        for item in config.get("files", [])
    }


def print_packages(packages: Mapping[str, list[Mapping[str, Any]]]) -> dict[str, str]:
    """The packages as text. Like the library's, each but the last ends with an empty line."""
    texts = {name: print_package(blocks) + "\n" for name, blocks in packages.items()}
    for last in list(texts)[-1:]:
        texts[last] = texts[last][:-1]
    return texts


def print_package(blocks: list[Mapping[str, Any]]) -> str:
    """The sections of one package as text; quotes within values are kept, blanks too."""
    sections = []
    for block in blocks:
        lines = [f"config {block['.type']} {_quoted(block['.name'])}\n"]
        for name, value in block.items():
            if name.startswith(".") or value is None or value == "":
                continue
            if isinstance(value, list | tuple | set | Mapping):
                lines.extend(f"\tlist {name} {_quoted(item)}\n" for item in value)
            else:
                said = int(value) if isinstance(value, bool) else value
                lines.append(f"\toption {name} {_quoted(said)}\n")
        sections.append("".join(lines))
    return "\n".join(sections)


def with_verbatim(texts: Mapping[str, str], verbatim: Mapping[str, str]) -> dict[str, str]:
    """UCI that NetJSON cannot say, behind what was rendered; sections of one name are one."""
    result = dict(texts)
    for package, text in verbatim.items():
        both = f"{result.get(package, '')}\n{text}".strip("\n") + "\n"
        try:
            read = uci.parse(both, package)
        except ProtocolError as error:
            said = f"The verbatim UCI of {package} is broken: {error.sentence}"
            raise ConfigError.of(said) from None
        result[package] = uci.export(read).partition("\n\n")[2].rstrip("\n") + "\n"
    return result


def render_text(rendered: Rendered | Files) -> str:
    """Everything as one text, for people: packages as `uci export` has them, then the files."""
    files = rendered.files if isinstance(rendered, Rendered) else rendered
    parts = []
    for path in sorted(files):
        text = files[path].data.decode("utf-8", "replace")
        if path.startswith(PACKAGES):
            parts.append(f"package {path.removeprefix(PACKAGES)}\n\n{text}")
    for path in sorted(path for path in files if not path.startswith(PACKAGES)):
        text = files[path].data.decode("utf-8", "replace")
        parts.append(f"# path: {path}\n# mode: {files[path].mode:04o}\n\n{text}")
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def _quoted(value: Any) -> str:
    return "'" + str(value).replace("'", "'\\''") + "'"
