"""A network of any kind is run once, under the recorder, and becomes a play."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from torch import Tensor, nn

from engine.errors import InputError
from engine.network.back.graded import Graded
from engine.network.back.loss import LossName, loss_of
from engine.network.back.measured import Measured
from engine.network.behind import Behind
from engine.network.code import names_code, network
from engine.network.failed import failed
from engine.network.failing import explained
from engine.network.given import arguments
from engine.network.groups import OpenChoice
from engine.network.network import Network
from engine.network.placed import built
from engine.network.played import ModelPlay, played, trace_of
from engine.network.playing import Playing, playing
from engine.network.recorded import Recorded
from engine.network.sound import checked
from engine.network.text import parse
from engine.network.weights import at_work
from engine.network.words import Labels, read_text
from engine.reader import DTYPES, TensorLike, floating
from engine.recorder.failed import stopped
from engine.recorder.known import seen
from engine.recorder.nested import found
from engine.recorder.record import record
from engine.verdict import TOLERANCE


@dataclass(frozen=True)
class NetworkInputs:
    """What a network is called with: ``inputs``, and a ``text`` that a ``vocabulary`` makes numbers of."""

    inputs: Any
    text: str | None = None
    vocabulary: str | Mapping[str, int] | None = None


@dataclass(frozen=True, eq=False)
class Aim:
    """What a network is measured by: a ``target`` and its ``loss``, from which gradients may go ``backward``."""

    target: TensorLike | None = None
    loss: LossName | None = None
    backward: bool = False


def filmed(
    given: NetworkInputs,
    net: Any,
    state_dict: Mapping[str, Tensor] | None,
    params: Mapping[str, Any],
    choice: OpenChoice,
    aim: Aim,
    *,
    training: bool = False,
    film_error: bool = False,
    seed: int = 0,
) -> ModelPlay:
    """The play of a network with its weights, called with what is given; with ``film_error`` up to where it fails, if it does. Behind it
    come what it is measured by and the way back from there.

    Raises :class:`InputError` where one of them does not fit the others, or else where the network itself fails.
    """
    code = None if isinstance(net, str) and not names_code(net) else network(net, seed=seed)
    inputs, words = read_text(code, given.inputs, given.text, given.vocabulary)
    ready = checked(code or _of_layers(net, inputs, seed))
    weights = {name: floating(name, one) for name, one in params.items()}
    args, kwargs, tensors = arguments(ready, inputs)
    work = partial(at_work, ready, state_dict, weights, training=training, seed=seed)
    kept = {id(one): one.detach().clone() for one in found((args, kwargs), Tensor)} if aim.backward else {}  # it may write into them
    with work():
        said = {"net": ready.name, **({"tokens": given.text} if words else {}), **({"training": True} if training else {})}
        labels = Labels.of(words, ready)
        try:
            recording = record(ready.call, *args, **kwargs)
        except Exception as error:  # a network may raise anything
            if not film_error or isinstance(error, InputError):
                raise explained(error, ready, tensors) from error
            return played(replace(_until(error, ready, tensors), labels=labels), choice, said)
        made = [read.tensor for read in recording.outputs.values()]
        if not recording.operations or not made:
            raise InputError(f"{ready.name} computes nothing with torch; give a network that returns tensors")
        _check_type(ready.name, made)
        film = playing(Recorded(ready.name, recording, _used(ready), tensors, labels=labels), choice)
    return trace_of(film, said, _behind(film, aim, work, ready, (args, kwargs), kept))


def _behind(
    film: Playing,
    aim: Aim,
    work: Callable[[], AbstractContextManager[Any]],
    ready: Network,
    given: tuple[tuple[Any, ...], dict[str, Any]],
    kept: Mapping[int, Tensor],
) -> Behind:
    """The loss of what a network gives, and the way back from there, for which it runs a second time ``at work``."""
    if aim.target is None and aim.loss is None and not aim.backward:
        return Behind()
    loss = loss_of(film.recorded.recording.outputs, aim.target, aim.loss)
    if not aim.backward:
        return Measured(film, loss).behind(None)
    with work():
        graded = Graded(ready, film.recorded.used, given, kept, film.recorded.recording, loss.output, loss.of)
    return Measured(film, loss).behind(graded)


def _until(error: Exception, ready: Network, tensors: Mapping[str, Tensor]) -> Recorded:
    """What ran before an error, and the call that raised it."""
    found = stopped(error)
    assert found is not None  # it came out of the recorder
    before = Recorded(ready.name, found.recording, _used(ready), tensors)
    last = failed(error, found, ready, before.names)
    return replace(before, recording=last.recording, failed=last)


def _used(ready: Network) -> dict[str, nn.Module]:
    """The modules that it uses, by the names of the recorder."""
    return {name: one for name, one in seen(ready.call) if isinstance(one, nn.Module)}


def _of_layers(net: str, given: Any, seed: int) -> Network:
    """What a text of layers stands for."""
    layers = parse(net)
    inputs = [*given.values()] if isinstance(given, Mapping) else [*given] if isinstance(given, tuple) else [given]
    if len(inputs) != 1:
        raise InputError(f"layers take one input, but {len(inputs)} are given; give one, or a network of code")
    tensor = inputs[0] if isinstance(inputs[0], Tensor) else floating("input", inputs[0])
    dtype = tensor.dtype if tensor.dtype in DTYPES.values() else floating("input", 0.0).dtype
    return Network("Network", built(layers, tensor.shape, seed=seed, dtype=dtype, device=tensor.device))


def _check_type(name: str, made: list[Tensor]) -> None:
    """Raises :class:`InputError` for numbers whose errors have no bound here."""
    other = next((one.dtype for one in made if one.is_floating_point() and one.dtype not in TOLERANCE), None)
    if other is not None:
        raise InputError(f"{name} gives {str(other).removeprefix('torch.')}; give one that computes in float32 or float64")
