"""From a device's layers to the files it gets: OpenWISP's rules, netjsonconfig's OpenWrt backend.

Where netjsonconfig is wrong owtui is right in its own layer; docs/configuration.md has the list.
We merge and put variables in ourselves, let the library turn NetJSON into UCI sections, and print
and pack those ourselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from owtui.engine.configs import archive, library, rules
from owtui.engine.configs.merge import copied, merge, merge_two
from owtui.engine.configs.model import BACKEND, File, Files, Json, Problem, Rendered, Subject
from owtui.engine.configs.validate import ConfigError, pointer, problems_of
from owtui.engine.configs.variables import context_of, evaluate, names
from owtui.engine.openwrt import uci
from owtui.errors import ProtocolError

PACKAGES = "/etc/config/"
_OPENWRT = re.compile(r"openwrt\s*(\d+)(?:\.\d+)*", re.IGNORECASE)
DSA_SINCE = 21  # OpenWrt 21.02 brought `config device`
_FILE_MODE = "0644"


def render(subject: Subject) -> Rendered:
    """The files of a device. Raises ConfigError with every problem of the merged configuration."""
    config, unset = evaluated(subject)
    found = problems_of(config, subject.backend)
    if found:
        raise ConfigError(found, merged=True)
    return rendered(config, subject, unset)


def configuration(subject: Subject) -> dict[str, Any]:
    """The merged NetJSON of a device with its variables in place. Raises InputError."""
    return evaluated(subject)[0]


def evaluated(subject: Subject, below: Json | None = None) -> tuple[dict[str, Any], list[str]]:
    """The same, and the variables that it uses and nothing defines.

    `below`: its layers, where they have been merged already.
    """
    if below is None:
        below = merge(layer.config for layer in subject.layers)
    merged = merge_two(below, subject.config)
    general = merged.get("general", {})
    if isinstance(general, Mapping) and not _says_hostname(subject.config):
        merged["general"] = {**general, "hostname": hostname(subject.name)}
    context = context_of(subject)
    config: dict[str, Any] = evaluate(merged, context)
    return config, sorted(names(merged) - context.keys())


def rendered(config: Json, subject: Subject, unset: Iterable[str] = ()) -> Rendered:
    """The files of a configuration that has no problems. Raises ConfigError for bad UCI."""
    notes: list[str] = []
    files = files_of(config, subject, notes.append)
    packed = archive.pack(files)
    return Rendered(files, packed, archive.checksum(packed), tuple(unset), tuple(notes))


def hostname(name: str) -> str:
    """OpenWISP's injection: the device's name is its hostname unless its own configuration says
    otherwise, whatever the templates say."""
    return name.replace(":", "-")


def with_hostname(config: Json, name: str) -> Json:
    """A device's own configuration with its hostname in it, as the library is given it."""
    general = config.get("general", {})
    if _says_hostname(config) or not isinstance(general, Mapping):
        return config
    return {**config, "general": {**general, "hostname": hostname(name)}}


def _says_hostname(config: Json) -> bool:
    general = config.get("general", {})
    # A marker takes a template's away, which the device's name does anyway.
    return isinstance(general, Mapping) and not isinstance(general.get("hostname", {}), Mapping)


def uses_dsa(os: str) -> bool:
    """Whether a release takes the syntax of OpenWrt 21 and later; unknown ones do."""
    found = _OPENWRT.search(os)
    return found is None or int(found[1]) >= DSA_SINCE


def files_of(
    config: Json, subject: Subject, tell: Callable[[str], None] | None = None
) -> dict[str, File]:
    """The files of a configuration that has no problems; `verbatim` UCI is added behind.

    `tell` hears of parts that are left out or lost. Raises ConfigError where UCI cannot say it.
    """
    copy = copied(config)  # the steps alter what they are given
    if subject.backend != BACKEND:
        return library.legacy_files(copy, subject.backend)
    dsa, tell = uses_dsa(subject.os), tell or _unheard
    for doubt in rules.doubts(config, dsa=dsa):
        tell(doubt.sentence)
    try:
        packages = library.packages(copy, dsa=dsa, tell=tell)
    except library.UnconvertibleError as error:
        raise ConfigError([Problem(error.sentence, pointer([error.key]))]) from error
    if broken := tuple(rules.names(packages)):
        raise ConfigError(broken)
    texts = with_verbatim(print_packages(packages), subject.verbatim, tell)
    files = {
        PACKAGES + name: File(text.encode("utf-8", "surrogateescape"))
        for name, text in texts.items()
    }
    more = extra_files(copy)  # a step may have added some
    for path in sorted(files.keys() & more.keys()):
        tell(f"{path} is among the files: it takes the place of what the rest says of it.")
    return files | more


def _unheard(_: str) -> None:
    """For who does not ask."""


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
                lines.append(f"\toption {name} {_quoted(value)}\n")
        sections.append("".join(lines))
    return "\n".join(sections)


def with_verbatim(
    texts: Mapping[str, str],
    verbatim: Mapping[str, str],
    tell: Callable[[str], None] = _unheard,
) -> dict[str, str]:
    """UCI that NetJSON cannot say, behind what was rendered.

    A section that both have is one, in which the verbatim options win; `tell` hears of it. Raises
    ConfigError for text that is no UCI and for a section that would be of two types.
    """
    result = dict(texts)
    for package, text in verbatim.items():
        added = _read(text, package)
        known = {one.name: one for one in _read(result.get(package, ""), package).sections}
        for one in added.sections:
            if one.name and (there := known.get(one.name)):
                if there.type != one.type:
                    said = f"Section “{one.name}” of {package} is of type {there.type} in NetJSON"
                    raise ConfigError.of(f"{said} and of type {one.type} in the verbatim UCI.")
                both = f"Section “{one.name}” of {package} is in NetJSON and in the verbatim UCI"
                tell(f"{both}: of an option that both have, the latter is taken.")
        whole = _read(f"{result.get(package, '')}\n{text}".strip("\n") + "\n", package)
        result[package] = uci.export(whole).partition("\n\n")[2].rstrip("\n") + "\n"
    return result


def _read(text: str, package: str) -> uci.Package:
    try:
        return uci.parse(text, package)
    except ProtocolError as error:
        said = f"The verbatim UCI of {package} is broken: {error.sentence}"
        raise ConfigError.of(said) from None


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
    said = int(value) if isinstance(value, bool) else value
    return "'" + str(said).replace("'", "'\\''") + "'"
