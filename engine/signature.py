"""What the plain parameters of a concept take, by their annotations: numbers, words, sizes, flags. Tensors have a reader of their own.

A wrong kind of value is refused in one sentence before anything is computed; numpy's numbers and flags count as Python's. Whether a value
fits the others is for the concept to say.
"""

from __future__ import annotations

import ast
import inspect
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.errors import InputError
from engine.shown import shown

#: Whole numbers from −WHOLE up to, without it, WHOLE are taken: what torch takes for a seed.
INT64 = 2**63
RANGE = "give a number from -2**63 to 2**63 - 1"

Convert = Callable[[Any], Any]


class Signature:
    """Checks the arguments of a function, once per call."""

    def __init__(self, function: Callable[..., Any] | inspect.Signature) -> None:
        self.signature = function if isinstance(function, inspect.Signature) else inspect.signature(function)
        self.annotations = {name: split(spelled(parameter)) for name, parameter in self.signature.parameters.items()}
        #: What may be None but has no default, since others without one stand behind it: None where all are given by their names.
        parameters = self.signature.parameters.items()
        self.ahead = {name: None for name, one in parameters if one.default is one.empty and "None" in self.annotations[name]}
        known = self.annotations.items()
        self.kinds = {name: kind for name, kind in known if all(one in READ or one == "None" or words(one) for one in kind)}

    def after(self, name: str) -> Signature:
        """The same with a tensor ahead, which may be left out where all arguments are given by their names."""
        first = inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation="Tensor | None")
        return Signature(self.signature.replace(parameters=[first, *self.signature.parameters.values()]))

    def named(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """All arguments by their names, those that are not given with their defaults."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return dict(bound.arguments)

    def takes(self, name: str, kinds: Sequence[str]) -> bool:
        """Whether a parameter is of one of these kinds."""
        return any(kind in kinds for kind in self.annotations[name])

    def bound(self, *args: Any, **kwargs: Any) -> inspect.BoundArguments:
        """The arguments as Python's own values.

        Raises :class:`InputError`, naming the parameter, the value and what it takes.
        """
        found = self.signature.bind(*args, **(kwargs if args else {**self.ahead, **kwargs}))
        for name, value in found.arguments.items():
            if name in self.kinds:
                found.arguments[name] = read_argument(name, value, self.kinds[name])
        return found


def spelled(parameter: inspect.Parameter) -> str:
    """The annotation as it stands in the source; of a parameter without one what its default is, a tensor if it has none."""
    annotation, default = parameter.annotation, parameter.default
    if annotation is inspect.Parameter.empty:
        return unannotated(default, default is inspect.Parameter.empty)
    found = annotation.__name__ if isinstance(annotation, type) else str(annotation)
    return found.replace("torch.Tensor", "Tensor").replace("typing.", "")


def unannotated(default: Any, required: bool) -> str:
    """What a parameter without an annotation takes."""
    if required or default is None:
        return "Tensor" if required else "Tensor | None"
    return type(default).__name__ if type(default).__name__ in READ else "str"


def split(annotation: str) -> list[str]:
    """The alternatives of an annotation."""
    return annotation.split(" | ")


def words(annotation: str) -> list[str]:
    """The words that a ``Literal`` of the annotation names; empty if there is none."""
    found = re.search(r"Literal(\[[^]]*\])", annotation)
    return [str(word) for word in ast.literal_eval(found.group(1))] if found else []


def read_argument(name: str, value: Any, kinds: Sequence[str]) -> Any:
    """The value as the first of the kinds that takes it."""
    if value is None and "None" in kinds:
        return None
    for kind in kinds:
        try:
            if kind in READ:
                return READ[kind][0](value)
        except OverflowError:
            raise InputError(f"{name} is {shown(value)}, which is too large; {RANGE}") from None
        except Exception:  # what is asked for its number, length or rows can fail in any way
            continue
        if isinstance(value, str) and value in words(kind):
            return str(value)
    takes = [READ[kind][1] if kind in READ else " or ".join(map(repr, words(kind))) for kind in kinds if kind != "None"]
    raise InputError(f"{name} is {shown(value)}; give {', or '.join(takes)}")


# --- the kinds ---------------------------------------------------------------------------------------------------------------------------


def read_whole(value: Any) -> int:
    """A whole number; a flag is none."""
    if is_flag(value) or getattr(value, "shape", ()) != ():
        raise TypeError
    found = operator.index(value)
    if not -INT64 <= found < INT64:
        raise OverflowError
    return found


def is_flag(value: Any) -> bool:
    """Whether it is a flag of Python's, numpy's or torch's."""
    return isinstance(value, bool) or str(getattr(value, "dtype", "")) in ("bool", "torch.bool")


def _number(value: Any) -> float:
    if is_flag(value) or isinstance(value, str | bytes) or getattr(value, "shape", ()) != ():
        raise TypeError
    return float(value)  # OverflowError for an int of over 300 digits


def _flag(value: Any) -> bool:
    if not is_flag(value) or getattr(value, "shape", ()) != ():
        raise TypeError
    return bool(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return str(value)


def _size(value: Any, levels: int = 2) -> Any:
    """A whole number, or as many as there are axes, which may come in pairs."""
    if hasattr(value, "tolist") and getattr(value, "shape", ()) != ():
        value = value.tolist()
    if levels and isinstance(value, Sequence) and not isinstance(value, str | bytes):
        sizes = [_size(one, levels - 1) for one in value]
        return tuple(sizes) if isinstance(value, tuple) else sizes
    return read_whole(value)


def _shape(value: Any) -> tuple[int, ...]:
    found = _size(value, 1)
    return tuple(found) if isinstance(found, list | tuple) else (found,)


def _padding(value: Any) -> Any:
    return str(value) if isinstance(value, str) else _size(value)


def _words(value: Any) -> list[str]:
    found = value.split() if isinstance(value, str) else list(value)
    if not found or not all(isinstance(one, str) and one.strip() for one in found):
        raise TypeError
    return [" ".join(one.split()) for one in found]


def _named(value: Any) -> Any:
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise TypeError
    return value


def _network(value: Any) -> Any:
    """A module, a function, what was made of one, or a text; what the text says is for its reader."""
    if not (isinstance(value, str) or callable(value) or hasattr(value, "call")):
        raise TypeError
    return value


def _inputs(value: Any) -> Any:
    if value is None or isinstance(value, str) or (isinstance(value, Mapping) and not all(isinstance(name, str) for name in value)):
        raise TypeError
    return value


def _vocabulary(value: Any) -> Any:
    if not isinstance(value, str | Mapping):
        raise TypeError
    return value


#: By the annotation: who reads it, and what a sentence says that it takes.
READ: dict[str, tuple[Convert, str]] = {
    "int": (read_whole, "a whole number"),
    "float": (_number, "a number"),
    "bool": (_flag, "True or False"),
    "str": (_text, "text"),
    "Size": (_size, "a whole number, or one per axis such as (2, 1)"),
    "Shape": (_shape, "a whole number, or several such as (2, 3)"),
    "Padding": (_padding, "a whole number, one per axis such as (2, 1), 'valid' or 'same'"),
    "Words": (_words, "words such as 'cat dog bird'"),
    "StateDict": (_named, "the state_dict() of a trained module"),
    "Mapping[str, TensorLike]": (_named, "tensors by their names, such as {'x': [1, 2]}"),
    "Network": (_network, "a module, a function, or a text such as 'net.py:Net' or 'linear(4) relu'"),
    "Vocabulary": (_vocabulary, "a file such as vocab.txt, or numbers by their words, such as {'the': 0}"),
    "Inputs": (_inputs, "a tensor, several in a tuple, or tensors by their names, such as {'x': [1, 2]}"),
}
