"""The arguments of a summary: layers and sizes as text, perhaps with a name in place of a number."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from engine.concepts.summary.ledger import NetworkLedger
from engine.errors import InputError
from engine.network.placed import placed
from engine.network.text import parse
from engine.reader import TensorLike, floating
from engine.shown import shown

#: Networks side by side at most.
MOST_VALUES = 16
#: Of a size.
MOST_SIZE = 10**7
_SIZE = re.compile(r"[xX×,\s]+")
_NAME = re.compile(r"[^\W\d]\w*")


def opened(layers: str, input_size: str, vary: Mapping[str, TensorLike], *, dense: bool) -> Iterator[NetworkLedger]:
    """The ledger of the network; with ``vary`` one for each value of its name."""
    if not vary:
        yield NetworkLedger.of(placed(parse(layers), size_of(input_size)), dense=dense)
        return
    name, values = varied(vary)
    if not re.search(rf"\b{name}\b", f"{layers} {_SIZE.sub(' ', input_size)}"):
        raise InputError(f"vary names {shown(name)}, which stands neither in layers nor in input_size; write it in place of a number")
    for number, value in enumerate(values):
        sizes = [str(value) if one == name else one for one in _sizes(input_size)]
        network = placed(parse(re.sub(rf"\b{name}\b", str(value), layers)), size_of("x".join(sizes)))
        yield NetworkLedger.of(network, f"{name}={value}.", (number,), dense=dense)


def varied(vary: Mapping[str, TensorLike]) -> tuple[str, list[int]]:
    """The name, and its values as whole numbers."""
    if len(vary) > 1:
        raise InputError(f"vary names {', '.join(vary)}; give one name")
    ((name, given),) = vary.items()
    values = _numbers(name, given)
    if not _NAME.fullmatch(name) or name == "x":
        raise InputError(f"vary names {shown(name)}; give a name such as n=[64,128]")
    if not 1 < len(values) <= MOST_VALUES:
        raise InputError(f"vary {name} has {len(values)} numbers; give from 2 to {MOST_VALUES}")
    wrong = next((value for value in values if not (value == int(value) and 1 <= value <= MOST_SIZE)), None)
    if wrong is not None:
        raise InputError(f"vary {name} has {wrong:g}; give whole numbers from 1 to {MOST_SIZE:,}")
    if len({*values}) < len(values):
        raise InputError(f"vary {name} has a number twice; give each once")
    return name, [int(value) for value in values]


def _numbers(name: str, given: TensorLike) -> list[float]:
    return floating(f"vary {name}", given).flatten().tolist()


def _sizes(text: str) -> list[str]:
    return [one for one in _SIZE.split(text.strip().strip("()[]")) if one]


def size_of(text: str) -> tuple[int, ...]:
    """``3x128x128`` as sizes."""
    found = _sizes(text)
    wrong = next((one for one in found if not (one.isascii() and one.isdecimal() and 1 <= int(one) <= MOST_SIZE)), None)
    if wrong is not None or not found:
        what = f", and {shown(wrong)} is no size" if wrong is not None else ""
        raise InputError(f"input_size is {shown(text)}{what}; give sizes such as 3x32x32, or a name that is in vary")
    return tuple(map(int, found))
