"""The language: what ash makes of a line, and what it says when it cannot."""

from __future__ import annotations

import asyncio

import pytest

from owtui.simulator.shell.parser import parse
from owtui.simulator.shell.syntax import ShellSyntaxError
from tests.simulator.rig import Bench

LINES = [
    ("echo $'x'", "$x\n"),
    ("x='a  b'; echo $x; echo \"$x\"", "a b\na  b\n"),
    ('set -- a "b c"; for i in "$@"; do echo "[$i]"; done', "[a]\n[b c]\n"),
    ('set -- a "b c"; for i in $*; do echo "[$i]"; done', "[a]\n[b]\n[c]\n"),
    ('IFS=:; x=a:b::c; for i in $x; do echo "<$i>"; done', "<a>\n<b>\n<>\n<c>\n"),
    ("x=/a/b/c.tar.gz; echo ${x##*/} ${x%/*} ${x%%.*} ${x#*.}", "c.tar.gz /a/b /a/b/c tar.gz\n"),
    ("x=abc; echo ${#x} ${y:-d} ${x:+e} ${y:=f} $y", "3 d e f f\n"),
    ("echo $((1 + 2 * (3 - 1) % 3)) $((7 / -2)) $((0x10)) $((1 ? 4 : 5))", "2 -3 16 4\n"),
    ("i=5; echo $((i += 2)) $i $((i > 6 && i < 8))", "7 7 1\n"),
    ("f() { local x=in; echo $x $1 $#; return 3; }; x=out; f a b; echo $? $x", "in a 2\n3 out\n"),
    ("if false; then echo a; elif true; then echo b; else echo c; fi", "b\n"),
    ("for i in 1 2 3 4; do [ $i = 2 ] && continue; [ $i = 4 ] && break; echo $i; done", "1\n3\n"),
    ("until [ $((n=n+1)) -ge 3 ]; do echo $n; done", "1\n2\n"),
    ("printf 'a 1\\nb 2\\n' | while read k v; do echo $v$k; done", "1a\n2b\n"),
    ("case x.tar.gz in *.zip) echo z;; *.gz|*.xz) echo g;; esac", "g\n"),
    ("x=$(cat <<E\n$((1+1)) $HOME\nE\n); echo \"$x\"", "2 /root\n"),
    ("(cd /tmp; pwd); pwd", "/tmp\n/root\n"),
    ("{ echo o; echo e >&2; } 2>&1 >/dev/null", "e\n"),
    ("true || echo no && echo yes", "yes\n"),
    ("! false && echo yes", "yes\n"),
    ("set -e; false || true; if false; then :; fi; ! true; echo here", "here\n"),
    ("x=1 sh -c 'echo $x'; echo ${x-none}", "1\nnone\n"),
    ("sh -c 'echo $0 $1' name arg", "name arg\n"),
    ("echo 'echo sourced $x' >/tmp/s; x=5; . /tmp/s; sh /tmp/s", "sourced 5\nsourced\n"),
    ("echo /etc/config/d*", "/etc/config/dhcp /etc/config/dropbear\n"),
    ("echo /nosuch/*; echo '/etc/*'", "/nosuch/*\n/etc/*\n"),
    ("echo a>/tmp/f;echo b>>/tmp/f;cat</tmp/f", "a\nb\n"),
    ("eval 'x=3; echo $x'", "3\n"),
    ("trap 'echo bye $?' EXIT; exit 0", "bye 0\n"),
    ("sleep 1 & wait; echo done", "done\n"),
    ("exec 5>/tmp/f; echo x >&5; exec 5>&-; cat /tmp/f", "x\n"),
    ("printf '%-4s|%03d|%x|%s\\n' ab 7 255 c d 8 16 e", "ab  |007|ff|c\nd   |008|10|e\n"),
    ("echo -e 'a\\tb\\x41\\c'; echo x", "a\tbAx\n"),
    ("echo \"a\\$b\\\\c\\\"d\"", 'a$b\\c"d\n'),
    ("echo a\\\n b # comment", "a b\n"),
    ("test -f /etc/passwd -a ! -d /etc/passwd && echo ok", "ok\n"),
    ("[ 10 -gt 9 ] && [ abc != abd ] && [ -z '' ] && echo ok", "ok\n"),
    ("echo a b | { read x y; echo $y; }", "b\n"),
    ("seq 3 | sort -rn | tr '\\n' ,", "3,2,1,"),
    ("printf 'k=1\\nj=2\\n' | sed -n 's/^k=\\(.*\\)/\\1/p'", "1\n"),
    ("printf 'a\\nb\\nc\\n' | sed -e '2d' -e '$s/c/C/'", "a\nC\n"),
    ("printf 'x:1:y\\n' | awk -F: '$2 == 1 { print $3, \"of\", NF }'", "y of 3\n"),
    ("printf 'a\\na\\nb\\n' | uniq -c | awk '{print $1 $2}'", "2a\n1b\n"),
    ("printf 'Ab\\ncd\\n' | grep -in '^a[[:lower:]]'", "1:Ab\n"),
    ("find /etc/config -name 'f*' -type f", "/etc/config/firewall\n"),
    ("echo one two | xargs -n1 echo got", "got one\ngot two\n"),
    ("jsonfilter -s '{\"a\":{\"b\":[1,{\"c\":true}]}}' -e '@.a.b[1].c' -e '@.a.b[0]'", "true\n1\n"),
    ("ubus call system board | jsonfilter -e '@.release.version'", "24.10.6\n"),
    ("mkdir -p /tmp/d/e; echo x >/tmp/d/e/f; tar -czf /tmp/t.gz -C /tmp d; tar -tzf /tmp/t.gz",
     "d\nd/e\nd/e/f\n"),
    ("cd /tmp; echo q >g; gzip g; ls g*; gunzip g.gz; cat g", "g.gz\nq\n"),
    ("basename /a/b.c .c; dirname /a/b", "b\n/a\n"),
    ("command -v cd sh; which sh", "cd\n/bin/sh\n/bin/sh\n"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "printed"), LINES, ids=[line for line, _ in LINES])
async def test_a_line_prints_what_ash_prints(bench: Bench, line: str, printed: str) -> None:
    assert (await bench.run(line)).out == printed


WRONG = [
    ("if true; then", "ash: syntax error: unexpected end of file", 2),
    ("fi", 'ash: syntax error: unexpected "fi"', 2),
    ("echo 'open", "ash: syntax error: unterminated quoted string", 2),
    ("echo $((1/0))", "ash: divide by zero", 2),
    ("echo ${x:?is unset}", "ash: x: is unset", 2),
    ("set -u; echo $nosuch", "ash: nosuch: parameter not set", 2),
    ("python3 -c 1", "ash: python3: not found", 127),
    ("/etc/passwd", "ash: /etc/passwd: Permission denied", 126),
    ("cat <&7", "ash: 7: bad file descriptor", 1),
    ("local x", "ash: local: line 0: not in a function", 2),
    ("awk '{ while (1) {} }'", "awk: this program is not simulated", 1),
    ("sed y/a/b/", "sed: unsupported command", 1),
    ("wget http://example.org", "wget: a simulated device has no internet", 4),
]


@pytest.mark.parametrize(("line", "said", "status"), WRONG, ids=[line for line, *_ in WRONG])
async def test_a_wrong_line_is_told_as_ash_tells_it(
    bench: Bench, line: str, said: str, status: int
) -> None:
    answer = await bench.run(line)
    assert answer.err.startswith(said)
    assert answer.status == status


@pytest.mark.parametrize(
    "text", ["(" * 500, "$(" * 200, "((((", "echo `", "case x in", ";;", "a |"]
)
def test_a_broken_or_bottomless_script_is_a_syntax_error(text: str) -> None:
    with pytest.raises(ShellSyntaxError):
        parse(text)


async def test_endless_recursion_ends_in_words_and_not_in_a_crash(bench: Bench) -> None:
    answer = await bench.run("f() { f; }; f")
    assert (answer.status, "out of stack" in answer.err) == (2, True)
    assert (await bench.run("sh -c 'x=$(sh /tmp/me)' ; echo ok")).out == "ok\n"


async def test_a_variable_cannot_grow_without_end(bench: Bench) -> None:
    answer = await bench.run('x=0123456789; while :; do x="$x$x"; done')
    assert (answer.status, "out of memory" in answer.err) == (2, True)


@pytest.mark.parametrize(
    "line", ["while :; do :; done", "yes >/dev/null", "cat /dev/zero >/dev/null", "yes | cat | cat"]
)
async def test_an_endless_command_leaves_the_others_their_turn(bench: Bench, line: str) -> None:
    running = asyncio.create_task(bench.run(f"{line} >/dev/null"))
    for _ in range(50):
        await asyncio.sleep(0)
    assert await bench.out("echo alive") == "alive\n"
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_reader_that_stops_ends_its_writer_with_sigpipe(bench: Bench) -> None:
    assert await bench.out("yes | head -n 2") == "y\ny\n"
    assert not [p for p in bench.device.processes if p.name == "yes"]


async def test_a_killed_command_gives_128_and_its_signal(bench: Bench) -> None:
    bench.time.sleep = _never  # type: ignore[method-assign]  # this sleep must not end by itself
    bench.device.clock = bench.time.clock()
    running = asyncio.create_task(bench.run("sleep 100; echo $?"))
    await _until(lambda: any(p.name == "sleep" for p in bench.device.processes))
    assert (await bench.run("killall -9 sleep")).status == 0
    assert (await running).out == "137\n"


async def _never(seconds: float) -> None:
    await asyncio.get_running_loop().create_future()


async def _until(holds: object) -> None:
    assert callable(holds)
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  # the process table tells nobody
            await asyncio.sleep(0)


async def test_a_lock_lets_one_in_and_sends_the_other_away(bench: Bench) -> None:
    line = "(flock -n 9 || { echo busy; exit 1; }; {}; echo mine) 9>/tmp/lock/x"
    assert await bench.out(line.replace("{}", ":")) == "mine\n"
    inner = line.replace("{}", ":").replace("mine", "inner")
    assert (await bench.run(line.replace("{}", f"({inner})"))).out == "busy\nmine\n"


async def test_reading_stdin_takes_only_what_was_asked_for(bench: Bench) -> None:
    assert await bench.out("read a; cat", b"one\ntwo\nthree\n") == "two\nthree\n"
