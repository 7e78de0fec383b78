"""A network with weights that are given, at work without a trace: what it holds is put back, whatever happens.

While it works, a tensor of ours is in the place of every parameter and buffer. A copy of the module would do less: a function that uses a
module cannot be copied, nor can all modules (``nn.utils.weight_norm``). What was recorded keeps our tensors, which nobody changes later.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from engine.network.draws import own_draws
from engine.network.fitting import fitting
from engine.network.network import Network

#: What is put back with all that is in it.
_HOLDERS = (dict, list, set)


@contextmanager
def load_weights(
    network: Network, state_dict: Mapping[str, Any] | None = None, params: Mapping[str, Tensor] | None = None
) -> Iterator[Network]:
    """The network with these weights, as long as the context lasts; ``params`` are single tensors by their names, and win.

    All of its tensors are copies. After it every module has its own tensors, attributes, modes, hooks and gradients again.

    Raises:
        InputError: names that there are not or that are missing, and other shapes.
    """
    given = fitting(network, state_dict, params or {})
    modules = list({id(one): one for root in network.modules.values() for one in root.modules()}.values())
    with kept(modules):
        ours: dict[int, Tensor] = {}
        for module in modules:
            for name, tensor in _held(module):
                fresh = ours.setdefault(id(tensor), _fresh(tensor, given.get(id(tensor), tensor)))
                setattr(module, name, fresh)  # which an LSTM notices
        yield network


@contextmanager
def quiet(network: Network, training: bool = False, seed: int | None = 0) -> Iterator[Network]:
    """Without gradients, all modules in eval mode, or in training mode, and random numbers that begin with the seed.

    After it modes and generators are as they were. Tensors that are written in place, as running means are in training mode, stay changed
    unless the network has them from :func:`load_weights`.
    """
    modules = [one for root in network.modules.values() for one in root.modules()]
    modes = [(module, module.training) for module in modules]
    with torch.no_grad(), own_draws(seed):
        try:
            for root in network.modules.values():
                root.train(training)
            yield network
        finally:
            for module, mode in modes:
                module.training = mode


@contextmanager
def at_work(
    network: Network,
    state_dict: Mapping[str, Any] | None = None,
    params: Mapping[str, Tensor] | None = None,
    *,
    training: bool = False,
    seed: int | None = 0,
) -> Iterator[Network]:
    """Both of them: the network with these weights, ready to be called, of which nothing is changed afterwards."""
    with load_weights(network, state_dict, params), quiet(network, training, seed):
        yield network


@contextmanager
def kept(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Puts back the attributes of modules, and what is in their dicts, lists and sets."""
    before = [(module, dict(vars(module))) for module in modules]
    inside = [(one, copy.copy(one)) for _, own in before for one in own.values() if isinstance(one, _HOLDERS)]
    try:
        yield
    finally:
        for module, own in before:
            vars(module).clear()
            vars(module).update(own)
        for holder, content in inside:
            holder.clear()
            holder.extend(content) if isinstance(holder, list) else holder.update(content)


def _held(module: nn.Module) -> list[tuple[str, Tensor]]:
    """Its own tensors: parameters, buffers, and attributes that are neither."""
    found = {**{name: one for name, one in vars(module).items() if isinstance(one, Tensor)}, **module._buffers, **module._parameters}
    return [(name, one) for name, one in found.items() if one is not None]


def _fresh(tensor: Tensor, value: Tensor) -> Tensor:
    """A value in the place of a tensor."""
    found = value.detach().to(device=tensor.device, dtype=tensor.dtype, copy=True)
    if isinstance(tensor, nn.Parameter):
        return nn.Parameter(found, requires_grad=tensor.requires_grad)
    return found.requires_grad_(tensor.requires_grad)
