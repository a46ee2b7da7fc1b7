"""Command lines of a session with the answer a real ash gives; the lab proves each of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Line:
    """A command line, its input, and what has to come back."""

    command: str
    stdout: str = ""
    exit: int = 0
    stderr: str = ""
    stdin: str = ""


SHA256 = "c8687a08aa5d6ed2044328fa6a697ab8e96dc34291e8c2034ae8c38e6fcc6d65"  # of "a b"
FAILED = "Command failed: ubus call"
NO_FILE = "No such file or directory\n"

LINES = (
    # words and quotes
    Line("echo a  b", "a b\n"),
    Line("echo 'a  b' \"c d\"", "a  b c d\n"),
    Line("printf '%s|' a 'b c' \"d'e\" 'f\"g' 'it'\\''s'", "a|b c|d'e|f\"g|it's|"),
    Line("printf '%s\\n' \\$HOME '$HOME' \"$HOME\"", "$HOME\n$HOME\n/root\n"),
    Line("x=1; echo $x ${x}y \"$x z\" '$x'", "1 1y 1 z $x\n"),
    Line("echo $((2 + 3 * 4))", "14\n"),
    Line('echo "$(echo "in ner")" `echo old`', "in ner old\n"),
    Line("echo a # a comment", "a\n"),
    Line("echo -n a; echo b", "ab\n"),
    Line("echo ${nosuch:-default} ${HOME:+set}", "default set\n"),
    # exit codes and errors
    Line("true", exit=0),
    Line("false", exit=1),
    Line("exit 7", exit=7),
    Line("false; echo $?", "1\n"),
    Line("(exit 4)", exit=4),
    Line("! true", exit=1),
    Line("nosuchcommand a b", exit=127, stderr="ash: nosuchcommand: not found\n"),
    Line("/nosuch/program", exit=127, stderr="ash: /nosuch/program: not found\n"),
    Line("echo out; echo err >&2; exit 3", "out\n", 3, "err\n"),
    Line("cat /nosuch", exit=1, stderr=f"cat: can't open '/nosuch': {NO_FILE}"),
    Line("ls /nosuch", exit=1, stderr=f"ls: /nosuch: {NO_FILE}"),
    Line("rm /nosuch", exit=1, stderr=f"rm: can't remove '/nosuch': {NO_FILE}"),
    Line("rm -f /nosuch"),
    Line(
        "echo x >/nosuch/y", exit=1, stderr="ash: can't create /nosuch/y: nonexistent directory\n"
    ),
    Line("cat </nosuch", exit=1, stderr="ash: can't open /nosuch: no such file\n"),
    Line("cd /nosuch", exit=2, stderr=f"ash: cd: line 0: can't cd to /nosuch: {NO_FILE}"),
    Line("cat /tmp", exit=1, stderr="cat: read error: Is a directory\n"),
    # lists, pipes and compounds
    Line("true && echo yes || echo no", "yes\n"),
    Line("false && echo yes || echo no", "no\n"),
    Line("echo a | cat", "a\n"),
    Line("printf 'a\\nb\\nab\\n' | grep a", "a\nab\n"),
    Line("echo a | grep -q b", exit=1),
    Line("{ echo a; echo b; } | wc -l", "2\n"),
    Line("for i in 1 2 'a b'; do echo \"<$i>\"; done", "<1>\n<2>\n<a b>\n"),
    Line("if [ -d /etc ]; then echo dir; else echo none; fi", "dir\n"),
    Line("case abc in a*) echo begins;; *) echo other;; esac", "begins\n"),
    Line("n=0; while [ $n -lt 3 ]; do n=$((n+1)); done; echo $n", "3\n"),
    Line("set -e; false; echo never", exit=1),
    Line("trap 'echo bye' EXIT; echo hi", "hi\nbye\n"),
    Line(
        "[ -e /etc/config/system ] && [ ! -e /nosuch ] && [ a = a ] && [ 2 -gt 1 ] && echo ok",
        "ok\n",
    ),
    Line("test -n ''", exit=1),
    Line("command -v uci >/dev/null && echo has", "has\n"),
    Line("command -v base64", exit=127),
    Line("cd /tmp && pwd", "/tmp\n"),
    # what collecting is made of
    Line(
        'p=/sys/net/wl0/phy; d=${p%/phy}; d=${d##*/}; a="{\\"d\\":\\"$d\\"}"; echo "$a"',
        '{"d":"wl0"}\n',
    ),
    Line('for p in /nosuch/*/x; do [ -e "$p" ] || continue\necho "$p"\ndone'),
    Line("c() { echo a; { cat /nosuch; } 2>/dev/null; }; c | gzip | gunzip", "a\n"),
    Line("{ nosuch --json || nosuch || echo third; } 2>/dev/null", "third\n"),
    Line("echo '  /org/x/Modem/0 [A] B' | grep -o '/org/[^ ]*/Modem/[0-9]*'", "/org/x/Modem/0\n"),
    Line("{ command -v mmcli >/dev/null && for m in $(mmcli -L)\ndo echo $m; done; }", exit=127),
    Line("head -n 1 /proc/net/arp | cut -c 1-10", "IP address\n"),
    # input and redirection
    Line("cat", "line\n", stdin="line\n"),
    Line("cat - | tr a-z A-Z", "LINE\n", stdin="line\n"),
    Line('read -r a b; echo "$b|$a"', "two three|one\n", stdin="one two three\n"),
    Line("echo a 2>&1 >/dev/null"),
    Line("ls /nosuch 2>&1 | cat", f"ls: /nosuch: {NO_FILE}"),
    Line("ls /nosuch 2>/dev/null; echo $?", "1\n"),
    Line("cat <<'END'\n$HOME 'x'\nEND", "$HOME 'x'\n"),
    Line(
        "f=/tmp/c.$$; echo a >$f; echo b >>$f; cat $f; rm $f; ls $f 2>/dev/null | wc -l",
        "a\nb\n0\n",
    ),
    Line("f=/tmp/c.$$; cat >$f; wc -c <$f; rm $f", "5\n", stdin="12345"),
    # processes, as /proc shows them
    Line(
        'export X=1; sh -c \'export Y=2; tr "\\0" "\\n" </proc/$$/environ; :\' | grep ^[XY]=',
        "X=1\n",
    ),
    Line('sh -c \'tr "\\0" "|" </proc/$$/cmdline; :\' a b | tail -c 9', "e; :|a|b|"),
    Line('case " $(echo /proc/[0-9]*) " in *" /proc/$$ "*) echo listed;; esac', "listed\n"),
    Line("read -r n p </proc/$$/status; echo $n; wc -w </proc/$$/stat", "Name:\n52\n"),
    Line("(sleep 100 & kill $!; wait $!; echo $?) 2>/dev/null", "143\n"),
    Line("(sh -c 'kill $$; echo never'; echo $?) 2>/dev/null", "143\n"),
    # programs the engine leans on
    Line("printf 'a b' | sha256sum", f"{SHA256}  -\n"),
    Line("printf 'a b' | md5sum", "0cc9cd4dd26c5137b675a0d819cb9ab0  -\n"),
    Line("f=/tmp/c.$$; echo a >$f; mv $f $f.new; cat $f.new; rm $f.new; [ -e $f ]", "a\n", 1),
    Line("d=/tmp/c.$$; mkdir -p $d/e && echo x >$d/e/f && ls $d/e; rm -r $d; [ -e $d ]", "f\n", 1),
    Line("printf '1\\n2\\n3\\n' | head -n 2 | tail -n 1", "2\n"),
    Line("printf 'k=v w\\n' | cut -d= -f2", "v w\n"),
    Line("printf 'a b c\\n' | awk '{ print $2 }'", "b\n"),
    Line("printf 'one two\\n' | sed 's/two/2/'", "one 2\n"),
    Line("uci -q get nosuch.a.b", exit=1),
    Line("uci get nosuch.a.b", exit=1, stderr="uci: Entry not found\n"),
    Line("ubus call nosuch x", exit=252, stderr=f"{FAILED} nosuch x (Not found)\n"),
    Line(
        "ubus call system nosuch", exit=253, stderr=f"{FAILED} system nosuch (Method not found)\n"
    ),
)
