"""A small grammar of mathematics: what a formula is read by, and what Typst is given is written from what was read.

Formulas are written as in Typst math, but Typst never sees what a user wrote. The text is cut into tokens and parsed here, and only what is
known is written out again: letters, numbers, quoted words, names of :mod:`scenes.parts.mathnames`, and signs, each of them escaped. There
is no sign with which code begins, no name that leads to code, and nothing that could loop.

    formula  = { term }
    term     = factor { "/" factor }
    factor   = atom { "'" | "!" } { "_" atom | "^" atom }
    atom     = letter | number | "words" | name | sign | \\sign | ( formula ) | function( formula { ("," | ";") formula } )
"""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from dataclasses import dataclass

from engine.errors import InputError
from engine.shown import shown
from scenes.parts.mathnames import ALIASES, DELIMITED, DELIMITERS, FUNCTIONS, NAMES, SHORTHANDS, SYMBOLS
from scenes.parts.press import quoted

#: Typst sets so much in some tens of milliseconds, whatever it is.
MOST_CHARACTERS, MOST_DEEP, MOST_FRACTIONS = 1000, 12, 4

_OPEN, _CLOSE = "([{⌊⌈⟨⟦", ")]}⌋⌉⟩⟧"
_TOKENS = re.compile(
    r'(?P<space>\s+)|(?P<words>"(?:\\[\s\S]|[^"\\])*")|(?P<newline>\\(?=\s+\S))|(?P<escape>\\[^A-Za-z\d\s])|(?P<comment>//|/\*)|'
    r"(?P<power>\d+(?:\.\d+)?e[−-]?\d+(?!\w))|(?P<number>\d+(?:\.\d+)?)|(?P<letter>[A-Za-z](?![A-Za-z\d]))|(?P<name>[A-Za-z][A-Za-z\d]+(?:\.[a-z]+)*)|"
    + "|".join(map(re.escape, SHORTHANDS)).join(("(?P<short>", ")"))
    + r"|(?P<sign>[\s\S])",
    re.ASCII,
)
#: Categories of what may stand for itself: letters, signs, brackets, raised digits. Marks that join what is before them may not.
_PLAIN = frozenset(["Lu", "Ll", "Lo", "Lt", "Lm", "Sm", "So", "Sc", "Sk", "Pc", "Pd", "Ps", "Pe", "Po", "Pi", "Pf", "No"])
_HINTS = {
    "#": "no code is run; write \\# for the sign",
    "$": "write \\$ for the sign",
    '"': "close the words with a second one",
    "\\": "names have none here: alpha, sum, frac(a, b); before a sign it says that the sign itself is meant",
    "//": "there are no comments; write \\/\\/ for the signs",
    "/*": "there are no comments; write \\/ for the sign",
}


@functools.lru_cache(maxsize=4096)
def typst_math(formula: str) -> str:
    """The formula as Typst math that was written here.

    Raises :class:`InputError` for all that is not in the grammar: its sentence lacks the subject, which is where the formula stands.
    """
    if len(formula) > MOST_CHARACTERS:
        raise InputError(f"has a formula of {len(formula):,} characters; give at most {MOST_CHARACTERS:,}")
    return _Parser(formula).whole()


def math_or_nothing(formula: str) -> str:
    """The same; nothing for what is no formula."""
    try:
        return typst_math(formula)
    except InputError:
        return ""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    at: int


class _Parser:
    """Reads tokens from left to right and writes Typst."""

    def __init__(self, formula: str) -> None:
        self.formula = formula
        found = [(match.lastgroup or "", match.group(), match.start()) for match in _TOKENS.finditer(formula.strip())]
        self.tokens = [_Token("space" if kind == "sign" and text.isspace() else kind, text, at) for kind, text, at in found]
        self.partner = self._partners()
        self.next = 0
        self.deep = 0

    def whole(self) -> str:
        """All of it."""
        written = self._until(len(self.tokens))
        if not written.strip():
            self._refuse("nothing", 0, "give one, such as y_i = w_i x")
        return written

    def _partners(self) -> dict[int, int]:
        """Brackets that belong together, by their numbers. As for Typst, any opening one is closed by any closing one."""
        found, opened = {}, []
        for number, token in enumerate(self.tokens):
            if token.kind == "sign" and token.text in _OPEN:
                opened.append(number)
            elif token.kind == "sign" and token.text in _CLOSE and opened:
                found[opened.pop()] = number
        return found

    def _refuse(self, what: str, at: int, hint: str) -> None:
        raise InputError(f"has {what} at character {at + 1} of the formula {shown(self.formula.strip())}; {hint}")

    # --- reading -----------------------------------------------------------------------------------------------------------------------

    def _is(self, *texts: str) -> bool:
        """Whether one of these signs is next."""
        return self.next < len(self.tokens) and self.tokens[self.next].kind == "sign" and self.tokens[self.next].text in texts

    def _ahead(self, *texts: str) -> bool:
        """Goes to one of these signs if it is next but for spaces."""
        number = self.next
        while number < len(self.tokens) and self.tokens[number].kind == "space":
            number += 1
        before, self.next = self.next, number
        if not self._is(*texts):
            self.next = before
        return self.next == number and self._is(*texts)

    def _spaces(self) -> str:
        begun = self.next
        while self.next < len(self.tokens) and self.tokens[self.next].kind == "space":
            self.next += 1
        return " " if self.next > begun else ""

    def _until(self, stop: int) -> str:
        """Terms, up to a token."""
        self.deep += 1
        if self.deep > MOST_DEEP:
            self._refuse(f"more than {MOST_DEEP} brackets within each other", self.tokens[self.next - 1].at, "give parts of it names")
        pieces = []
        while True:
            pieces.append(self._spaces())
            if self.next >= stop:
                break
            written = self._term()
            # What was no name together must not become one.
            pieces.append(" " * (written[0].isalpha() and pieces[-2:][0][-1:].isalpha() and not pieces[-1]) + written)
        self.deep -= 1
        return "".join(pieces)

    def _term(self) -> str:
        written, bare = self._factor()
        count = 0
        while self._ahead("/"):
            at = self.tokens[self.next].at
            self.next += 1
            self._spaces()
            count += 1
            if count > MOST_FRACTIONS:
                self._refuse(f"more than {MOST_FRACTIONS} fractions in a row", at, "put brackets around some of them")
            if self.next >= len(self.tokens):
                self._refuse("a / with nothing below it", at, "write \\/ for the sign")
            _, below = self._factor()
            written = bare = f"frac({bare}, {below})"
        return written

    def _factor(self) -> tuple[str, str]:
        """As it stands, and as it stands in a fraction, without the brackets that are around all of it."""
        written, bare = self._atom()
        begun = self.next
        while self._is("'", "!"):
            written += "'" if self._is("'") else "\\!"
            self.next += 1
        scripts: dict[str, str] = {}
        while self._ahead("_", "^"):
            token = self.tokens[self.next]
            self.next += 1
            self._spaces()
            if token.text in scripts or self.next >= len(self.tokens):
                what = "a second" if token.text in scripts else "nothing behind a"
                self._refuse(f"{what} {token.text!r}", token.at, "write brackets, such as x^(y^z), or \\_ and \\^ for the signs")
            scripts[token.text] = self._script()
        written += "".join(f"{sign}({inside})" for sign, inside in scripts.items())
        return written, (written if scripts or self.next > begun else bare)

    def _script(self) -> str:
        token = self.tokens[self.next]
        _, bare = self._atom()
        follows = self.tokens[self.next].kind if self.next < len(self.tokens) else ""
        if token.text in ("-", "−", "+") and follows in ("number", "letter", "name"):
            self._refuse(f"a sign without brackets, {token.text!r},", token.at, "write x^(-1)")
        return bare

    def _atom(self) -> tuple[str, str]:
        token, number = self.tokens[self.next], self.next
        self.next += 1
        if token.kind == "sign" and number in self.partner:
            return self._group(number)
        written = self._named(token) if token.kind == "name" else self._leaf(token)
        if self.next == number + 1 and token.kind in ("name", "letter", "words") and self._calls():
            # As in f(x): brackets that follow directly belong to what is before them.
            begun, self.next = self.next, self.next + 1
            written += self._group(begun)[0]
        return written, written

    def _calls(self) -> bool:
        """Whether a bracket follows directly, as behind the name of a function."""
        return self._is("(") and self.next in self.partner

    def _group(self, number: int) -> tuple[str, str]:
        stop = self.partner[number]
        inside = self._until(stop)
        self.next = stop + 1
        first, last = self.tokens[number].text, self.tokens[stop].text
        written = f"{first}{inside}{last}"
        return written, inside if first + last == "()" else written

    # --- names -------------------------------------------------------------------------------------------------------------------------

    def _named(self, token: _Token) -> str:
        """A name; of a function, with what is in its brackets."""
        name = ALIASES.get(token.text, token.text)
        if token.text not in NAMES:
            near = difflib.get_close_matches(token.text, NAMES, n=1)
            meant = f" (did you mean {near[0]}?)" if near else ""
            self._refuse(shown(token.text), token.at, f"no such name is known{meant}: put words in quotes, and spaces between letters")
        if name in FUNCTIONS and self._calls():
            return self._call(name, token)
        if name in FUNCTIONS and name not in SYMBOLS:
            self._refuse(f"{token.text!r} without brackets", token.at, f"write {token.text}(x)")
        return name

    def _call(self, name: str, token: _Token) -> str:
        stop = self.partner[self.next]
        if self.tokens[stop].text != ")":
            self._refuse(f"{token.text}( without )", token.at, "write \\( for a bracket that nothing closes")
        self.next += 1
        rows: list[list[str]] = [[]]
        while self.next < stop:
            rows[-1].append(self._argument(name, stop))
            if self.next < stop:
                separator, self.next = self.tokens[self.next].text, self.next + 1
                rows += [[]] * (separator == ";" and self.next < stop)
        self.next = stop + 1
        least, most = FUNCTIONS[name]
        count = sum(not argument.startswith("delim:") for row in rows for argument in row)
        if not least <= count <= most or (len(rows) > 1 and name != "mat"):
            takes = f"{least}" if least == most else f"{least} to {most}"
            self._refuse(f"{token.text} with {count} parts", token.at, f"it takes {takes}, with commas between them")
        return f"{name}({'; '.join(', '.join(row) for row in rows)})"

    def _argument(self, name: str, stop: int) -> str:
        """Up to the next comma that is not within brackets."""
        end, self.next = self.next, self.next
        while end < stop and not (self.tokens[end].kind == "sign" and self.tokens[end].text in (",", ";")):
            end = self.partner.get(end, end) + 1
        self._spaces()
        inside = [token for token in self.tokens[self.next : end] if token.kind != "space"]
        begins = [token.text for token in inside[:2]]
        if name in DELIMITED and begins == ["delim", ":"]:
            chosen = inside[2].text[1:-1] if len(inside) == 3 and inside[2].kind == "words" else ""
            if chosen not in DELIMITERS:
                self._refuse("another delim", inside[0].at, f"give one of {', '.join(map(_in_quotes, DELIMITERS))}")
            self.next = end
            return f"delim: {_in_quotes(chosen)}"
        if name == "op" and [token.kind for token in inside] != ["words"]:
            self._refuse("an op of something else than words", self.tokens[self.next - 1].at, 'write op("softmax")')
        return self._until(end).strip()

    # --- leaves ------------------------------------------------------------------------------------------------------------------------

    def _leaf(self, token: _Token) -> str:
        """What is written for a token that stands for itself."""
        text = token.text
        if token.kind == "words":
            return quoted(re.sub(r'\\(["\\])', r"\1", text[1:-1]))
        if token.kind == "power":
            return quoted(text)
        if token.kind == "newline":
            return "\\ "
        if token.kind in ("letter", "number"):
            return text
        if token.kind == "short":
            return f"\\{SHORTHANDS[text]}"
        if token.kind == "escape":
            text = text[1:]
        elif text in _HINTS:
            self._refuse(shown(text), token.at, _HINTS[text])
        elif text in ("_", "^", "/"):
            self._refuse(f"{text!r} with nothing before it", token.at, f"write \\{text} for the sign")
        elif text == "&":
            return text
        elif text == "'":
            return "\\′"
        if unicodedata.category(text) not in _PLAIN:
            self._refuse(shown(text), token.at, "it is no letter and no sign; write accents as hat(x)")
        return f"\\{text}"


def _in_quotes(text: str) -> str:
    return f'"{text}"'
