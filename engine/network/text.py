"""The text of a network: layers in their order, in a few words of their own or as they stand in code. It is read, never run.

``conv2d(8, 3, padding=1) relu max_pool2d(2) flatten linear(10)`` and ``nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)`` are
texts. Of the first kind sizes of what comes in are left out, of the second they are checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches

from engine.errors import InputError
from engine.network.kinds import CLASSES, KINDS
from engine.network.values import Argument, values
from engine.shown import one_line, shown

MOST_LAYERS = 60
MOST_DEPTH = 8
#: Of a layer in a message.
LONGEST = 60
#: Of a name that the nearest one is looked for.
MOST_NAME = 40
EXAMPLE = "conv2d(8, 3) relu flatten linear(10)"

#: Layers that hold others, with the names of those that stand behind a name and a sign of equality.
HOLDERS: dict[str, tuple[str, ...]] = {"skip": ("project",), "dense": (), "highway": ("gate",), "repeat": (), "sequential": ()}
#: How they are written.
SPELLED = {
    "skip": "skip(linear(4) relu), or skip(linear(4) relu, project=linear(4))",
    "dense": "dense(linear(4) relu)",
    "highway": "highway(linear(4) tanh, gate=linear(4) sigmoid)",
    "repeat": "repeat(3, linear(4) relu)",
    "sequential": "nn.Sequential(nn.Linear(8, 4), nn.ReLU())",
}
BODY = "body"

#: What may stand between layers: also comments of code, and the numbers of a module that was printed.
_BETWEEN = re.compile(r"(?:\s|,|->|→|#[^\n]*|\(\w+\):)+")
_NAME = re.compile(r"[^\W\d][\w.]*")
_OPTION = re.compile(r"([^\W\d]\w*)\s*=(?!=)")
_OPENING = re.compile(r"[ \t]*\(")
#: A text in quotes, a comment, or a bracket.
_MARKS = re.compile(r"""'[^'\n]*'|"[^"\n]*"|#[^\n]*|[()\[\]{}]""")
_NUMBER = re.compile(r"\s*(-?[\w.]+)(?=[\s,)]|$)")
#: ``self.net = nn.Sequential(``, pasted with what it is bound to.
_BOUND = re.compile(r"\s*[\w.]+\s*=\s*(?=(?:torch\.)?(?:nn\.)?Sequential\s*\()")
_TORCH = re.compile(r"^(?:torch\.)?nn\.")


@dataclass(frozen=True)
class WrittenLayer:
    """A layer as it is written.

    ``kind`` is an entry of :data:`~engine.network.kinds.KINDS`, or one of :data:`HOLDERS`; ``bodies`` are the layers that one of those
    holds. ``of`` is torch's class where it is spelled as one, with all arguments.
    """

    kind: str
    arguments: tuple[Argument, ...] = ()
    options: Mapping[str, Argument] = field(default_factory=dict)
    bodies: Mapping[str, tuple[WrittenLayer, ...]] = field(default_factory=dict)
    of: str = ""
    text: str = field(default="", compare=False)

    @property
    def size(self) -> int:
        """How many layers there are in it that hold no others, itself if it is one."""
        return sum(layer.size for body in self.bodies.values() for layer in body) if self.bodies else 1


def parse(text: str) -> list[WrittenLayer]:
    """The layers of a text, what is repeated written out.

    Raises :class:`InputError` for everything that is no text of layers.
    """
    layers = _Reader(text).layers(0)[BODY]
    if len(layers) == 1 and layers[0].kind == "sequential":
        layers = list(layers[0].bodies[BODY])
    if not layers:
        raise InputError(f"layers is {shown(text)}, which has no layer; give some, such as {EXAMPLE!r}")
    return layers


def _known(name: str) -> tuple[str, str] | None:
    """The kind of a name, and torch's class if it is the name of one. A class that finds sizes out itself is as good as a function."""
    own = _TORCH.sub("", name)
    if own in KINDS or own in HOLDERS:
        return (own, "") if own == name else None
    if own == "Sequential":
        return "sequential", own
    lazy = own.removeprefix("Lazy")
    return (CLASSES[lazy], lazy if lazy == own else "") if lazy in CLASSES else None


def _hint(name: str) -> str:
    if name == "OrderedDict":
        return "write what it holds one behind the other, without names"
    own = _TORCH.sub("", name)
    names = [*CLASSES, "Sequential"] if own != name or own[0].isupper() else [*KINDS, *HOLDERS]
    by_lower = {one.lower(): one for one in names}
    near = get_close_matches(own[:MOST_NAME].lower(), by_lower, n=1)
    return f"did you mean {by_lower[near[0]]!r}?" if near else f"choose one of {', '.join(names)}"


def _check_size(layers: list[WrittenLayer]) -> None:
    size = sum(layer.size for layer in layers)
    if size > MOST_LAYERS:
        raise InputError(f"layers has {size} layers; give at most {MOST_LAYERS}")


class _Reader:
    """Goes through a text once, from the front."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._skip(_BOUND)

    def layers(self, depth: int, names: tuple[str, ...] = ()) -> dict[str, list[WrittenLayer]]:
        """Up to the end of the text, or of the parentheses around it: the body, and what stands behind ``names``."""
        found: dict[str, list[WrittenLayer]] = {BODY: []}
        own = BODY
        begin = self.at
        while True:
            self._skip(_BETWEEN)
            if self.at == len(self.text):
                if depth:
                    raise self._unclosed(begin - 1)
                return found
            if self.text[self.at] == ")":
                if not depth:
                    raise InputError(f"layers has a ) at character {self.at + 1} that nothing opens; leave it out")
                self.at += 1
                return found
            option = _OPTION.match(self.text, self.at)
            if option:
                own = self._option(option, names, found)
            else:
                found[own] += self._layer(depth)
                _check_size(found[own])

    def _option(self, option: re.Match[str], names: tuple[str, ...], found: dict[str, list[WrittenLayer]]) -> str:
        name = option[1]
        if name not in names or name in found:
            may = f"{names[0]}= once" if names else "layers alone"
            raise InputError(f"layers has {shown(name)} = at character {self.at + 1}, which says nothing there; give {may}")
        self.at = option.end()
        found[name] = []
        return name

    def _layer(self, depth: int) -> list[WrittenLayer]:
        """One layer, or many where it is repeated."""
        begin = self.at
        kind, of = self._kind()
        opens = bool(self._skip(_OPENING))
        if kind in HOLDERS:
            return self._holder(kind, of, depth + 1, begin, opens)
        inside = self._inside() if opens else ""
        text = self._since(begin)
        arguments, options = values(inside, f"layers has {text}") if inside.strip() else ((), {})
        return [WrittenLayer(kind, arguments, options, {}, of, text)]

    def _kind(self) -> tuple[str, str]:
        begin = self.at
        name = self._skip(_NAME)
        if not name:
            raise InputError(f"layers has {shown(self.text[begin])} at character {begin + 1}; give layers, such as {EXAMPLE!r}")
        known = _known(name)
        if known is None:
            raise InputError(f"layers has {shown(name)}, which is no layer; {_hint(name)}")
        return known

    def _holder(self, kind: str, of: str, depth: int, begin: int, opens: bool) -> list[WrittenLayer]:
        if depth > MOST_DEPTH:
            raise InputError(f"layers has {kind} at character {begin + 1} nested {depth} deep; nest at most {MOST_DEPTH}")
        times = self._times() if kind == "repeat" and opens else 1
        found = self.layers(depth, HOLDERS[kind]) if opens else {}
        for name in (BODY, *(["gate"] if kind == "highway" else []), *found):
            if not found.get(name):
                raise InputError(f"layers has {self._since(begin)} without a {name}; write it as {SPELLED[kind]}")
        if kind == "repeat":
            return found[BODY] * times
        return [WrittenLayer(kind, (), {}, {name: tuple(some) for name, some in found.items()}, of, self._since(begin))]

    def _times(self) -> int:
        number = _NUMBER.match(self.text, self.at)
        given = number[1] if number else ""
        if not (given.isdecimal() and len(given) < 4 and 1 <= int(given) <= MOST_LAYERS):
            what = f"repeat({one_line(given, 20)}, ...)" if given else "repeat without a number"
            raise InputError(f"layers has {what}; say how often, from 1 to {MOST_LAYERS}, as in {SPELLED['repeat']}")
        self.at = number.end() if number else self.at
        return int(given)

    def _inside(self) -> str:
        """What stands up to the parenthesis that closes the one before."""
        begin, depth = self.at, 1
        for mark in _MARKS.finditer(self.text, begin):
            depth += (mark[0] in "([{") - (mark[0] in ")]}")
            if depth > MOST_DEPTH:
                raise InputError(f"layers has brackets nested {depth} deep at character {mark.start() + 1}; nest at most {MOST_DEPTH}")
            if not depth:
                self.at = mark.end()
                return self.text[begin : mark.start()]
        raise self._unclosed(begin - 1)

    def _unclosed(self, at: int) -> InputError:
        return InputError(f"layers has a ( at character {at + 1} that nothing closes; write a ) behind what belongs to it")

    def _skip(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return found[0] if found else ""

    def _since(self, begin: int) -> str:
        return one_line(self.text[begin : self.at], LONGEST)
