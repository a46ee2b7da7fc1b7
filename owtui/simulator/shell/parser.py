"""The grammar of ash as far as scripts sent over SSH use it, by recursive descent.

Parsing is cached by text: a fleet is sent the same command a thousand times.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache

from .syntax import (
    Case,
    Command,
    For,
    Function,
    Group,
    If,
    Item,
    Literal,
    Loop,
    Pipeline,
    Redirect,
    Script,
    ShellSyntaxError,
    Simple,
    Word,
)
from .words import MAX_DEPTH, WordReader

_RESERVED = {"then", "else", "elif", "fi", "do", "done", "esac", "in", "}", ";;"}
_ASSIGN = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_REDIRECT = re.compile(r"(\d*)(>>|>&|>\||>|<<-|<<|<&|<)")
_FUNCTION = re.compile(r"([A-Za-z_][A-Za-z0-9_-]*)[ \t]*\([ \t]*\)")


@lru_cache(maxsize=512)
def parse(text: str) -> Script:
    """Return the script; raises ShellSyntaxError with ash's words."""
    parser = Parser(text)
    script = parser.script_until("")
    if parser.at < len(parser.text):
        raise ShellSyntaxError(f'unexpected "{parser.peek()}"')
    return script


class Parser(WordReader):
    """One pass over a script."""

    # -- blanks and words ------------------------------------------------------------------

    def _blanks(self, newlines: bool = False) -> None:
        while char := self.peek():
            if char in " \t" or (newlines and char == "\n"):
                self.at += 1
            elif char == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.peek(2) == "\\\n":
                self.at += 2
            else:
                return

    def _ahead(self) -> str:
        """Return the plain word that comes next, without reading it."""
        self._blanks()
        found = re.compile(r"[^\s;&|<>()'\"$`\\]+|;;").match(self.text, self.at)
        return found[0] if found else self.peek()

    def _expect(self, word: str) -> None:
        self._blanks(newlines=True)
        if self._ahead() != word:
            raise self._unexpected(word)
        self.at += len(word)

    def _unexpected(self, expected: str = "") -> ShellSyntaxError:
        found = self._ahead()
        what = f'unexpected "{found}"' if found.strip() else "unexpected end of file"
        return ShellSyntaxError(what + (f' (expecting "{expected}")' if expected else ""))

    # -- lists -----------------------------------------------------------------------------

    def script_until(self, end: str) -> Script:
        return self._script((end,) if end else ())

    def _script(self, ends: tuple[str, ...]) -> Script:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ShellSyntaxError("nesting too deep")
        script = self._items(ends)
        self.depth -= 1
        return script

    def _items(self, ends: tuple[str, ...]) -> Script:
        items: list[Item] = []
        while True:
            self._blanks(newlines=True)
            ahead = self._ahead()
            if not ahead or ahead in ends or ahead == ")":
                return tuple(items)
            if ahead in _RESERVED or ahead in (";", "&", "|"):
                raise self._unexpected()
            items.append(self._item())

    def _body(self, *ends: str) -> Script:
        script = self._script(ends)
        if not script:
            raise self._unexpected()
        return script

    def _item(self) -> Item:
        start = self.at
        pipelines = [self._pipeline()]
        links: list[str] = []
        self._blanks()
        while self.peek(2) in ("&&", "||"):
            links.append(self.take(2))
            self._blanks(newlines=True)
            pipelines.append(self._pipeline())
            self._blanks()
        text = self.text[start : self.at].strip()
        background = False
        if self.peek() == "&":
            self.take()
            background = True
        elif self.peek() == ";" and self.peek(2) != ";;":
            self.take()
        elif self.peek() not in ("", "\n", ")", ";"):
            raise self._unexpected()
        return Item(tuple(pipelines), tuple(links), background, text)

    def _pipeline(self) -> Pipeline:
        self._blanks()
        negated = self._ahead() == "!"
        if negated:
            self.take()
        stages = [self._command()]
        self._blanks()
        while self.peek() == "|" and self.peek(2) != "||":
            self.take()
            self._blanks(newlines=True)
            stages.append(self._command())
            self._blanks()
        return Pipeline(negated, tuple(stages))

    # -- commands --------------------------------------------------------------------------

    def _command(self) -> Command:
        ahead = self._ahead()
        compounds: dict[str, Callable[[], Command]] = {
            "(": self._subshell,
            "{": self._group,
            "if": self._if,
            "for": self._for,
            "while": self._loop,
            "until": self._loop,
            "case": self._case,
        }
        compound = compounds.get(ahead)
        if compound is not None:
            return compound()
        function = _FUNCTION.match(self.text, self.at)
        if function:
            self.at = function.end()
            self._blanks(newlines=True)
            return Function(function[1], self._command())
        return self._simple()

    def _subshell(self) -> Group:
        self.take()
        body = self._body(")")
        self._expect(")")
        return Group(body, True, self._redirects())

    def _group(self) -> Group:
        self.take()
        body = self._body("}")
        self._expect("}")
        return Group(body, False, self._redirects())

    def _if(self) -> If:
        self._expect("if")
        branches: list[tuple[Script, Script]] = []
        otherwise: Script = ()
        while True:
            condition = self._body("then")
            self._expect("then")
            branches.append((condition, self._body("elif", "else", "fi")))
            ahead = self._ahead()
            self.at += len(ahead)
            if ahead == "elif":
                continue
            if ahead == "else":
                otherwise = self._body("fi")
                self._expect("fi")
            elif ahead != "fi":
                self.at -= len(ahead)
                raise self._unexpected("fi")
            return If(tuple(branches), otherwise, self._redirects())

    def _for(self) -> For:
        self._expect("for")
        self._blanks()
        name = self.name()
        if not name:
            raise ShellSyntaxError("bad for loop variable")
        self._blanks(newlines=True)
        words: list[Word] | None = None
        if self._ahead() == "in":
            self.at += 2
            words = []
            self._blanks()
            while self.peek() not in ("", "\n", ";"):
                words.append(self._one_word())
                self._blanks()
        if self.peek() == ";":
            self.take()
        body = self._do()
        return For(name, None if words is None else tuple(words), body, self._redirects())

    def _one_word(self) -> Word:
        start = self.at
        word = self.word()
        if self.at == start:
            raise self._unexpected()
        return word

    def _do(self) -> Script:
        self._expect("do")
        body = self._body("done")
        self._expect("done")
        return body

    def _loop(self) -> Loop:
        until = self._ahead() == "until"
        self.at += 5
        condition = self._body("do")
        return Loop(until, condition, self._do(), self._redirects())

    def _case(self) -> Case:
        self._expect("case")
        self._blanks()
        word = self._one_word()
        self._expect("in")
        arms: list[tuple[tuple[Word, ...], Script]] = []
        self._blanks(newlines=True)
        while self._ahead() != "esac":
            if self.peek() == "(":
                self.take()
            patterns = [self._pattern()]
            while self.peek() == "|":
                self.take()
                patterns.append(self._pattern())
            self._expect(")")
            arms.append((tuple(patterns), self._script((";;", "esac"))))
            if self._ahead() == ";;":
                self.at += 2
            self._blanks(newlines=True)
            if not self.peek():
                raise self._unexpected("esac")
        self._expect("esac")
        return Case(word, tuple(arms), self._redirects())

    def _pattern(self) -> Word:
        self._blanks()
        word = self._one_word()
        self._blanks()
        return word

    def _simple(self) -> Simple:
        assigns: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirects: list[Redirect] = []
        while True:
            self._blanks()
            if self._redirect(redirects):
                continue
            if self.peek() in ("", "\n", ";", "&", "|", "(", ")"):
                break
            assign = None if words else _ASSIGN.match(self.text, self.at)
            if assign:
                self.at = assign.end()
                assigns.append((assign[1], self.word()))
            else:
                words.append(self._one_word())
        if self.peek() == "(" or not (assigns or words or redirects):
            raise self._unexpected()
        return Simple(tuple(assigns), tuple(words), tuple(redirects))

    # -- redirections ----------------------------------------------------------------------

    def _redirects(self) -> tuple[Redirect, ...]:
        found: list[Redirect] = []
        self._blanks()
        while self._redirect(found):
            self._blanks()
        return tuple(found)

    def _redirect(self, into: list[Redirect]) -> bool:
        match = _REDIRECT.match(self.text, self.at)
        if match is None:
            return False
        self.at = match.end()
        digits, op = match.groups()
        fd = int(digits) if digits else int(op[0] == ">")
        self._blanks()
        if op.startswith("<<"):
            into.append(Redirect(fd, "<<", self._document(op == "<<-")))
        else:
            into.append(Redirect(fd, ">" if op == ">|" else op, self._one_word()))
        return True

    def _document(self, strip: bool) -> Word:
        """Take a here-document out of the text: it starts on the next line."""
        word = self._one_word()
        quoted = any(isinstance(part, Literal) and part.quoted for part in word)
        mark = "".join(part.text for part in word if isinstance(part, Literal))
        lines: list[str] = []
        start = self.text.find("\n", self.at) + 1
        end = start or len(self.text)
        while start and end < len(self.text):
            line, newline, _ = self.text[end:].partition("\n")
            end += len(line) + len(newline)
            line = line.lstrip("\t") if strip else line
            if line == mark:
                break
            lines.append(line + "\n")
        if start:
            self.text = self.text[:start] + self.text[end:]
        body = "".join(lines)
        return (Literal(body, True),) if quoted else tuple(type(self)(body).soft(""))
