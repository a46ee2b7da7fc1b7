"""Reading words: quotes, parameters, substitutions; the lower half of the parser."""

from __future__ import annotations

from .syntax import Arithmetic, Literal, Param, Part, Script, ShellSyntaxError, Substitution, Word

META = " \t\n;&|<>()"
_SPECIAL = "?$!#@*-0123456789"
MAX_DEPTH = 60


class WordReader:
    """A cursor over the text of a script that can read one word."""

    def __init__(self, text: str, depth: int = 0) -> None:
        if depth > MAX_DEPTH:
            raise ShellSyntaxError("nesting too deep")
        self.text = text
        self.at = 0
        self.depth = depth

    def script_until(self, end: str) -> Script:
        """Read commands up to `end`, which is left unread; the parser says how."""
        raise NotImplementedError

    def peek(self, count: int = 1) -> str:
        return self.text[self.at : self.at + count]

    def take(self, count: int = 1) -> str:
        taken = self.peek(count)
        self.at += count
        return taken

    def word(self, stop: str = META) -> Word:
        """Read one word up to an unquoted character of `stop`."""
        parts: list[Part] = []
        bare: list[str] = []

        def flush() -> None:
            if bare:
                parts.append(Literal("".join(bare), False))
                bare.clear()

        while (char := self.peek()) and char not in stop:
            if char == "\\":
                self.take()
                if self.peek() == "\n":
                    self.take()
                    continue
                flush()
                parts.append(Literal(self.take() or "\\", True))
            elif char in "'\"$`":
                flush()
                parts.extend(self._special(char))
            else:
                bare.append(self.take())
        flush()
        return tuple(parts)

    def _special(self, char: str) -> list[Part]:
        if char == "'":
            return [self._single()]
        if char == '"':
            return self._double()
        if char == "`":
            return [self._backquote(False)]
        return [self._dollar(False)]

    def _single(self) -> Literal:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise ShellSyntaxError("unterminated quoted string")
        text = self.text[self.at + 1 : end]
        self.at = end + 1
        return Literal(text, True)

    def _double(self) -> list[Part]:
        self.take()
        parts = self.soft('"')
        if self.take() != '"':
            raise ShellSyntaxError("unterminated quoted string")
        return parts or [Literal("", True)]

    def soft(self, end: str) -> list[Part]:
        """Read text in which only $, ` and backslashes are special, up to `end`."""
        parts: list[Part] = []
        text: list[str] = []
        while (char := self.peek()) and char != end:
            if char == "\\":
                self.take()
                after = self.take()
                if after != "\n":
                    text.append(after if after and after in '$`"\\' else "\\" + after)
            elif char in "$`":
                parts.append(Literal("".join(text), True))
                text.clear()
                parts.append(self._dollar(True) if char == "$" else self._backquote(True))
            else:
                text.append(self.take())
        if text:
            parts.append(Literal("".join(text), True))
        return parts

    def _backquote(self, quoted: bool) -> Substitution:
        self.take()
        inner: list[str] = []
        while (char := self.take()) != "`":
            if not char:
                raise ShellSyntaxError("EOF in backquote substitution")
            if char == "\\" and self.peek() in ("$", "`", "\\"):
                char = self.take()
            inner.append(char)
        reader = type(self)("".join(inner), self.depth + 1)
        return Substitution(reader.script_until(""), quoted)

    def _dollar(self, quoted: bool) -> Part:
        self.take()
        if self.peek(2) == "((":
            return self._arithmetic(quoted)
        char = self.peek()
        if char == "(":
            self.take()
            inner = type(self)(self.text, self.depth + 1)
            inner.at = self.at
            body = inner.script_until(")")
            self.text, self.at = inner.text, inner.at
            if self.take() != ")":
                raise ShellSyntaxError('end of file unexpected (expecting ")")')
            return Substitution(body, quoted)
        if char == "{":
            return self._braces(quoted)
        if char and char in _SPECIAL:
            return Param(self.take(), "", (), quoted)
        name = self.name()
        return Param(name, "", (), quoted) if name else Literal("$", True)

    def name(self) -> str:
        """Read a variable's name, or nothing."""
        start = self.at
        while (char := self.peek()) and (char == "_" or (char.isascii() and char.isalnum())):
            if self.at == start and char.isdigit():
                break
            self.at += 1
        return self.text[start : self.at]

    def _braces(self, quoted: bool) -> Param:
        self.take()
        length = self.peek() == "#" and self.peek(2) != "#}"
        if length:
            self.take()
        name = self.name() or self._special_name()
        if not name:
            raise ShellSyntaxError("bad substitution")
        op = "#len" if length else self._operator()
        word = tuple(self.soft("}")) if quoted else self.word("}")
        if self.take() != "}":
            raise ShellSyntaxError('end of file unexpected (expecting "}")')
        return Param(name, op, word, quoted)

    def _special_name(self) -> str:
        if self.peek().isdigit():
            start = self.at
            while self.peek().isdigit():
                self.at += 1
            return self.text[start : self.at]
        return self.take() if self.peek() and self.peek() in _SPECIAL else ""

    def _operator(self) -> str:
        for op in (":-", ":=", ":+", ":?", "##", "%%", "-", "=", "+", "?", "#", "%"):
            if self.peek(len(op)) == op:
                return self.take(len(op))
        if self.peek() != "}":
            raise ShellSyntaxError("bad substitution")
        return ""

    def _arithmetic(self, quoted: bool) -> Arithmetic:
        self.take(2)
        start, depth = self.at, 0
        while True:
            char = self.peek()
            if not char:
                raise ShellSyntaxError('missing "))"')
            if depth == 0 and self.peek(2) == "))":
                break
            depth += (char == "(") - (char == ")")
            self.at += 1
        reader = type(self)(self.text[start : self.at], self.depth + 1)
        self.take(2)
        return Arithmetic(tuple(reader.soft("")), quoted)
