"""How a command on a device is ended: closing its channel is not enough.

dropbear leaves a silent command running when its client goes (openwrt.md). Each command carries a
mark in its environment, which every process it starts inherits, and in its shell's command line; a
second channel then ends whatever shows the mark. ash does that with builtins alone, so a normal
command costs no process, no byte of output and no round trip more.
"""

from __future__ import annotations

VARIABLE = "OWTUI_RUN"

# TERM first, so that traps can clean up, looked after at once and then after a second, when what is
# left gets KILL. The pattern is put together from two words, or the script would find itself.
# `read` drops the NULs between the entries.
_SCRIPT = """\
v={variable};s=TERM;f() {{ while read -r l||[ "$l" ];do case $l in *"$v={mark}"*)return 0;;esac
l=;done;return 1;}}
for i in 1 2 3 4 5 6 7 8;do n=
for d in /proc/[0-9]*;do if f <$d/environ||f <$d/cmdline;then n=1;kill -$s ${{d#/proc/}};fi;done
[ "$n" ]||break
[ $i = 5 ]&&sleep 1&&s=KILL
done 2>/dev/null
{after}[ -z "$n" ]"""


def marked(command: str, mark: str) -> str:
    """Return the command as it is sent: the same to the shell, findable afterwards."""
    return f"export {VARIABLE}={mark};{command}"


def ender(mark: str, after: str = "") -> str:
    """Return the script that ends a marked command; exits 0 when nothing of it is left.

    after: a command line to run once it is gone, such as removing a stage
    """
    return _SCRIPT.format(variable=VARIABLE, mark=mark, after=f"{after}\n" if after else "")
