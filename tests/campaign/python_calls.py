"""Every parameter of every concept with values of every wrong kind, as Python lets one give them.

The parameters and what they take are those of the catalogue. Every outcome is a trace whose steps can be read, or one sentence.
"""

from __future__ import annotations

import random
import warnings
from collections import UserDict
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

import engine
from engine.catalogue import Concept, Parameter, concepts
from engine.errors import InputError
from engine.inputs.arguments import example_texts, parse
from tests.campaign.commands import LONGEST

TITLE = "Values of every wrong kind for every parameter of every concept, from Python"
SMALL, LARGE = 300, 4_000


class Hostile:
    """Whose representation fails, as does everything else."""

    def __repr__(self) -> str:
        raise RuntimeError("no\nrepresentation\x1b[31m")

    __array__ = __index__ = __float__ = __len__ = __getitem__ = __bool__ = __iter__ = __repr__  # type: ignore[assignment]


class Odd:
    """Whose representation is long and in several lines."""

    def __repr__(self) -> str:
        return "odd\n\x1b[31m" * 1000


def endless() -> list[Any]:
    """A list that holds itself."""
    found: list[Any] = []
    found.append(found)
    return found


def nested(levels: int) -> Any:
    found: Any = 1.0
    for _ in range(levels):
        found = [found]
    return found


#: By kind, some of which are right for some parameters.
VALUES: dict[str, Any] = {
    **{repr(value): value for value in (None, True, False, 0, 1, 2, -1, 2**31, 2**53 + 1, 2**63, -(2**63), 10**30, 0.0, 1.5, -2.0, 1e300)},
    **{repr(value): value for value in (5e-324, float("nan"), float("inf"), 1j, "", "a", "2", "same", "global", "zeros", "a\nb\x1b[31m")},
    "an int of 5,000 digits": 10**5000,
    "a float of numpy": np.float64(2.0),
    "an int of numpy": np.int64(1),
    "a flag of numpy": np.bool_(True),
    "a word of numpy": np.str_("same"),
    "a date of numpy": np.datetime64("2020-01-01"),
    "bytes": b"ab",
    "a tuple": (1, 1),
    "pairs": ((1, 0), (0, 1)),
    "a list with None": [None],
    "a list of words": ["a", "b"],
    "no list": [],
    "a list of flags": [True, False],
    "ragged": [[1, 2], [3]],
    "a list that holds itself": endless(),
    "40 levels": nested(40),
    "2,000 levels": nested(2000),
    "a set": {1, 2},
    "a dict": {},
    "a dict of numbers": {1: 2.0},
    "a dict of words": {"x": "word"},
    "names": {"x": [1.0], "weight_ih_l0": None},
    "a mapping": UserDict(x=[[1.0, 2.0], [3.0, 4.0]]),
    "a range": range(3),
    "a generator": (x for x in [1.0]),
    "a function": len,
    "a class": int,
    "a module": torch.nn.LSTM(2, 2),
    "an object": object(),
    "a hostile one": Hostile(),
    "an odd one": Odd(),
    "a dtype": torch.float32,
    "a device": torch.device("cpu"),
    "turned around": np.arange(4.0)[::-1],
    "big-endian": np.array([[1.0, 2.0]], dtype=">f8"),
    "read-only": np.broadcast_to(np.float64(1.0), (3, 3)),
    "a long double": np.ones(2, dtype=np.longdouble),
    "halves of numpy": np.ones((2, 2), dtype=np.float16),
    "objects of numpy": np.array([object(), 1], dtype=object),
    "words of numpy": np.array(["a", "b"]),
    "records of numpy": np.zeros(2, dtype=[("a", "f8")]),
    "arrays in a list": [np.ones(2), np.ones(2)],
    "large integers of numpy": np.array([2**53 + 1, 1]),
    "unsigned ones": np.array([2**64 - 1], dtype=np.uint64),
    "one of torch": torch.tensor(1),
    "a flag of torch": torch.tensor(True),
    "integers of torch": torch.tensor([2**53 + 1]),
    "halves": torch.ones(2, 2, dtype=torch.half),
    "complex": torch.ones(2, 2, dtype=torch.complex64),
    "sparse": torch.ones(2, 2).to_sparse(),
    "on meta": torch.ones(2, 2, device="meta"),
    "nested": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged),
    "empty": torch.empty(0, 3),
    "nine axes": torch.ones([1] * 9),
    "with a gradient": torch.ones(2, 2, requires_grad=True),
    "expanded": torch.ones(1).expand(3, 3),
    "tensors in a list": [torch.ones(2), torch.ones(2)],
    "not finite": torch.tensor([[float("nan"), float("inf")]]),
}
with torch.inference_mode():
    VALUES["of inference"] = torch.ones(2, 2)


def cases(count: int, seed: int) -> Iterator[str | None]:
    """All pairs of a parameter and a kind, in an order of their own for every seed."""
    pairs = [(concept, parameter, kind) for concept in concepts().values() for parameter in concept.parameters for kind in VALUES]
    random.Random(seed).shuffle(pairs)
    for number in range(count):
        concept, parameter, kind = pairs[number % len(pairs)]
        found = _fault(concept, parameter, VALUES[kind])
        yield None if found is None else f"{concept.name}(..., {parameter.name}={kind}): {found}"[:1000]


def _fault(concept: Concept, parameter: Parameter, value: Any) -> str | None:
    arguments = parse(concept, {name: example_texts(one) for name, one in concept.example.items()})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            trace = getattr(engine, concept.name)(**{**arguments, parameter.name: value})
            said = [trace[0].say, trace[-1].say, repr(trace), trace.opening, trace.closing]
    except InputError as error:
        message = str(error)
        if not 0 < len(message) < LONGEST or not message.isprintable():
            return f"no sentence: {message[:300]!r}"
        return None
    except Exception as error:  # whatever it is, it is a fault
        return f"{type(error).__name__}: {error}"
    return None if all(said) and len(trace) else "a trace that says nothing"
