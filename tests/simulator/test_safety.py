"""Nothing sent to a simulated device happens on the host."""

from __future__ import annotations

import ast
import builtins
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import owtui.simulator
from tests.simulator.rig import Bench

PACKAGE = Path(owtui.simulator.__file__).parent
MARK = "simulator-escaped"
ATTEMPTS = [
    "touch {host}",
    "echo x >{host}",
    "$(touch {host})",
    "`touch {host}`",
    "echo a; touch {host}; echo b",
    "sh -c 'touch {host}'",
    "eval 'touch {host}'",
    "echo touch {host} | sh",
    'python3 -c \'open("{host}", "w")\'',
    '/usr/bin/python3 -c \'open("{host}", "w")\'',
    "perl -e 'open F, \">{host}\"'",
    "cp /etc/passwd {host}",
    "mv /etc/banner {host}",
    "ln -s / /tmp/root; touch /tmp/root{host}",
    "cd ../../../../..; touch .{host}",
    "dd if=/dev/zero of={host} count=1",
    "tar -cf {host} /etc/config",
    "sed -i s/a/b/ {host}",
    "find / -exec touch {host} ;",
    "xargs touch {host} </dev/null",
    "awk 'BEGIN {{ system(\"touch {host}\") }}'",
    "tee {host} </etc/banner",
    "uci -c {folder} import <<E\npackage x\nE",
    'ubus call file write \'{{"path":"{host}","data":"x"}}\'',
    'ubus call file exec \'{{"command":"/bin/touch","params":["{host}"]}}\'',
    "mktemp {host}.XXXXXX",
    "flock {host} true",
    "exec 3>{host}",
    "trap 'touch {host}' EXIT",
    "; touch {host}",
    "&& touch {host}",
    "touch\t{host}\n",
    "wget -O {host} http://127.0.0.1/",
]


def inside(folder: Path) -> list[Path]:
    return list(folder.iterdir())


@pytest.mark.parametrize("attempt", ATTEMPTS)
async def test_no_command_reaches_the_hosts_files(
    bench: Bench, tmp_path: Path, attempt: str
) -> None:
    await bench.run(f"mkdir -p {tmp_path}")
    await bench.run(attempt.format(host=tmp_path / MARK, folder=tmp_path))
    assert not inside(tmp_path)


@pytest.mark.parametrize(
    "path", ["/etc/hostname", "/etc/machine-id", "/proc/self/environ", __file__]
)
async def test_no_command_reads_the_hosts_files(bench: Bench, path: str) -> None:
    answer = await bench.run(f"cat {path}")
    assert (answer.out, answer.status) == ("", 1)


async def test_nothing_is_opened_started_or_called_while_commands_run(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(*args: object, **options: object) -> object:
        raise AssertionError(f"the host was touched: {args}")

    await bench.run("true")  # what loads on first use has loaded
    targets = [
        (builtins, "open"),
        (os, "open"),
        (os, "system"),
        (os, "posix_spawn"),
        (os, "fork"),
        (os, "remove"),
        (os, "listdir"),
        (subprocess, "Popen"),
        (socket, "create_connection"),
    ]
    for owner, name in targets:
        monkeypatch.setattr(owner, name, forbidden)
    for attempt in ATTEMPTS:
        await bench.run(attempt.format(host="/x/y", folder="/x"))
    for line in ("ls -l /", "cat /etc/passwd", "tar -cz /etc | tar -tz", "uci show", "ps", "df"):
        await bench.run(line)


FORBIDDEN_MODULES = {"subprocess", "ctypes", "pty", "multiprocessing", "pickle", "shutil", "code"}
FORBIDDEN_CALLS = {"eval", "exec", "compile", "open", "__import__", "input", "breakpoint"}
FORBIDDEN_OS = ("system", "popen", "exec", "spawn", "posix_spawn", "fork", "kill", "remove")
MAY_OPEN_FILES = {"inventory.py", "faults.py", "tls.py", "fleet.py"}  # the operator's own


def sin_of(node: ast.AST, name: str) -> str:
    """Return what a line of the package must not do and does, or nothing."""
    modules: list[str] = []
    if isinstance(node, ast.Import):
        modules = [alias.name.split(".")[0] for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and not node.level:
        modules = [(node.module or "").split(".")[0]]
    for module in modules:
        if module in FORBIDDEN_MODULES or (module == "pathlib" and name not in MAY_OPEN_FILES):
            return f"{name} imports {module}"
    match node:
        case ast.Call(func=ast.Name(id=called)) if called in FORBIDDEN_CALLS:
            return f"{name} calls {called}"
        case ast.Attribute(value=ast.Name(id="os"), attr=attr) if attr.startswith(FORBIDDEN_OS):
            return f"{name} uses os.{attr}"
    return ""


def test_the_package_has_no_way_to_start_a_program_or_read_a_file() -> None:
    trees = {path.name: ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}
    assert len(trees) > 50
    sins = [sin_of(node, name) for name, tree in trees.items() for node in ast.walk(tree)]
    assert not [sin for sin in sins if sin]


@pytest.mark.parametrize(
    "line",
    ["import subprocess", "from os import path; eval('1')", "os.execv('a', [])", "open('x')"],
)
def test_the_check_above_would_see_a_sin(line: str) -> None:
    assert any(sin_of(node, "x.py") for node in ast.walk(ast.parse(line)))


def test_importing_the_package_loads_no_asyncssh() -> None:
    code = "import owtui.simulator, sys; print('asyncssh' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert done.stdout == "False\n", done.stderr
