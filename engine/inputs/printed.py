"""Numbers as numpy and torch print them: ``[[1. 2.]\n [3. 4.]]``, ``tensor([[1., 2.]])``, ``array([1, 2], dtype=int8)``."""

from __future__ import annotations

import re

from engine.errors import InputError

#: What numpy and torch write around numbers.
AROUND = re.compile(
    r"(?:torch\.|np\.|numpy\.)?(?:tensor|array)\(\s*(.*?)\s*(?:,\s*(?:dtype|device|requires_grad|grad_fn|shape|size)=.*)?\)", re.DOTALL
)
NUMBER = r"-?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|inf|nan)|True|False"
TOKENS = re.compile(rf"({NUMBER})(?![\w.])|([\[\],])|\s+|(\.\.\.)")
WORDS = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN", "-nan": "NaN", "True": "true", "False": "false"}


def as_json(text: str, given: str) -> str | None:
    """The same numbers as JSON; none if it is nothing that numpy or torch prints.

    Raises :class:`InputError` for numbers of which only some were printed.
    """
    around = AROUND.fullmatch(text.strip())
    tokens = _tokens(around[1] if around else text)
    if tokens is None:
        return None
    if "..." in tokens:
        raise InputError(f"{given} is printed with dots in place of most numbers; give all of them, or a file such as values.npy")
    commas = "," in tokens
    found: list[str] = []
    for before, token in zip(["[", *tokens], tokens, strict=False):
        if found and before not in "[," and token not in "],":
            if commas:
                return None  # a comma that was forgotten: put together, 2 3 would be 23
            found.append(",")
        found.append(token)
    return "".join(found)


def _tokens(text: str) -> list[str] | None:
    found: list[str] = []
    at = 0
    while at < len(text):
        token = TOKENS.match(text, at)
        if token is None:
            return None
        at = token.end()
        if token[1]:
            found.append(WORDS.get(token[1]) or _number(token[1]))
        elif token[2] or token[3]:
            found.append(token[2] or token[3])
    return found


def _number(text: str) -> str:
    """With digits on both sides of the point."""
    return re.sub(r"(\d)\.(?!\d)", r"\1.0", re.sub(r"(?<!\d)\.(\d)", r"0.\1", text))
