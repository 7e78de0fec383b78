"""The mark of a concept: a function that opens a trace, or one that is the computation itself."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, ParamSpec, cast

from engine.budget import enough_memory
from engine.code.back import opened_back
from engine.code.forward import Code, opened
from engine.declared import ADJOINT, BACK, TRACES
from engine.ground import ground
from engine.signature import Signature
from engine.trace import Trace
from engine.verdict import Allowed, judged

P = ParamSpec("P")


def concept(
    *,
    title: str,
    example: Mapping[str, Any],
    options: Mapping[str, str] = MappingProxyType({}),
    finite: bool = False,
    infinite: Sequence[str] = (),
    overflows: Sequence[str] = (),
    reference: str | Callable[..., Any] | None = None,
    shapes: str = "",
    formula: str = "",
    result: str = "",
    grad: str | None = None,
) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Marks a function as a concept: it is then found by the catalogue, the command line and the scenes.

    ``example`` holds arguments as a user writes them on the command line, ``options`` the spelling of an option where it is not that of the
    parameter. ``finite`` says that only finite numbers make sense; ``infinite`` names tensors in which −∞ is ordinary, since it says that
    something is left out, and ``overflows`` results that show how numbers are lost. All of them must be literals, because the catalogue
    reads them from the source without importing torch.

    A function that says that it returns a trace opens one. Any other is the computation as one would write it in a notebook: it is run
    under a recorder, every variable gets its steps, the comment behind a line says what they do, and ``NAME_backward``, its way back, is
    found from them (``grad`` is the adjoint of its example). ``reference`` is the function of torch that gives the same: its name, or one
    of one's own, whose docstring says what it is; without it the code is compared with itself, run as it is. ``shapes`` says which shapes
    fit together, as torch's documentation does: ``input (*, in_features), weight (out_features, in_features)``; ``formula`` is Typst math,
    ``result`` what there is at the end, in words that go before a semicolon.

    What holds for all concepts is done here, once: plain arguments are checked by their annotations, modes and defaults of torch that a
    user has set are put aside, and a trace that loses finite numbers to NaN or infinity is refused with the step that does.
    """

    def mark(function: Callable[P, Any]) -> Callable[P, Any]:
        signature, allowed = Signature(function), Allowed(infinite, overflows)
        open_trace: Callable[..., Any] = function
        code = None if opens_trace(function) else Code(function, signature, reference, shapes, formula, title, result)
        if code is not None:
            open_trace = functools.partial(opened, code)
        found = functools.update_wrapper(_marked(function.__name__, title, allowed, signature, open_trace), function)
        if code is not None and ADJOINT not in signature.annotations:
            names = f"{function.__name__}{BACK}", f"{title}, backward"
            vars(found)["back"] = _marked(*names, allowed, signature.after(ADJOINT), functools.partial(opened_back, code))
        return cast("Callable[P, Any]", found)

    return mark


def _marked(name: str, title: str, allowed: Allowed, signature: Signature, open_trace: Callable[..., Any]) -> Callable[..., Any]:
    """A function that checks its arguments, opens the trace and judges it."""

    def marked(*args: Any, **kwargs: Any) -> Trace:
        bound = signature.bound(*args, **kwargs)
        with ground(), enough_memory(), judged(allowed) as judge:
            made: Trace = open_trace(*bound.args, **bound.kwargs)
            trace = replace(made, concept=name, title=made.title if made.is_titled else title)
            judge(trace)
            return trace

    marked.__name__, marked.__signature__, marked.signature = name, signature.signature, signature  # type: ignore[attr-defined]
    return marked


def opens_trace(function: Callable[..., Any]) -> bool:
    """Whether a function says that it returns a trace, or a play of several."""
    returns = inspect.signature(function).return_annotation
    return str(getattr(returns, "__name__", returns)).endswith(TRACES)
