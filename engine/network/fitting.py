"""Which tensor of a state dict belongs to which of a network: names as people save them, and shapes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import torch
from torch import Tensor

from engine.errors import InputError
from engine.network.network import Network
from engine.recorder.operation import paths_of
from engine.sentences import listed, typed
from engine.shown import bare

#: What a checkpoint has the weights under, and what torch's wrappers put before the names.
WRAPPERS = ("state_dict", "model_state_dict", "model", "module", "_orig_mod", "net", "network")
#: Which may be anywhere in a name, as parts of a network are compiled too.
COMPILED = "_orig_mod"
#: A count of batches, without which people have saved weights.
UNNEEDED = "num_batches_tracked"
MOST = 3


def fitting(network: Network, state_dict: Mapping[str, Any] | None, params: Mapping[str, Tensor]) -> dict[int, Tensor]:
    """By the ids of the network's tensors what they become; tensors that are tied to each other are one.

    Raises:
        InputError: names that there are not or that are missing, and other shapes.
    """
    own = {_short(name): tensor for name, tensor in _named(network)}
    saved = {_short(name) for at, one in network.modules.items() for name in one.state_dict(prefix=f"{at}." if at else "", keep_vars=True)}
    if not own and (state_dict or params):
        raise InputError(f"{network.name} has no parameters, but weights are given; leave them out")
    found: dict[int, Tensor] = {}
    if state_dict is not None:
        weights = _unwrapped(dict(paths_of(state_dict)), own)
        _check_names(network.name, weights, own, [name for name in own if name in saved])
        found = {id(own[name]): _fit(f"state_dict has {bare(name)}", network, tensor, own[name]) for name, tensor in weights.items()}
    for name, tensor in params.items():
        place = _named_one(network, own, name)
        found[id(place)] = _fit(f"{bare(name)} is given", network, tensor, place)
    return found


def _named(network: Network) -> Iterator[tuple[str, Tensor]]:
    for name, module in network.modules.items():
        yield from module.named_parameters(prefix=name, remove_duplicate=False)
        yield from module.named_buffers(prefix=name, remove_duplicate=False)


def _short(name: str) -> str:
    return ".".join(part for part in name.removeprefix("module.").split(".") if part != COMPILED)


def _unwrapped(weights: Mapping[str, Tensor], own: Collection[str]) -> dict[str, Tensor]:
    """The tensors behind the beginning that makes most of the names known; what does not begin so is no weight."""
    beginnings = {beginning: None for name in weights for beginning in _beginnings(name)}

    def behind(beginning: str) -> dict[str, Tensor]:
        return {_short(name.removeprefix(beginning)): one for name, one in weights.items() if name.startswith(beginning)}

    return max(map(behind, sorted(beginnings, key=len)), key=lambda found: len(found.keys() & set(own)), default={})


def _beginnings(name: str) -> Iterator[str]:
    """Nothing, and the words of wrappers one after the other."""
    found = ""
    yield found
    for part in name.split(".")[:-1]:
        if part not in WRAPPERS:
            return
        found += f"{part}."
        yield found


def _check_names(network: str, weights: Collection[str], own: Collection[str], needed: Collection[str]) -> None:
    missing = [name for name in needed if name not in weights and not name.endswith(UNNEEDED)]
    unexpected = [name for name in weights if name not in own]
    if missing or unexpected:
        lacks = f"it has no {_few(missing)}" if missing else ""
        has = f"{network} has no {_few(unexpected)}" if unexpected else ""
        reasons = ", and ".join(filter(None, (lacks, has)))
        raise InputError(f"state_dict does not fit {network}: {reasons}; give the state_dict() of the same network")


def _few(names: list[str]) -> str:
    more = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    first = [*map(bare, names[:MOST])]
    return f"{', '.join(first)}{more}" if more else listed(first)


def _named_one(network: Network, own: Mapping[str, Tensor], name: str) -> Tensor:
    if _short(name) in own:
        return own[_short(name)]
    near = get_close_matches(name, own, n=1)
    raise InputError(f"{network.name} has no {bare(name)}; {f'did you mean {near[0]}?' if near else f'it has {_few(list(own))}'}")


def _fit(what: str, network: Network, value: Any, tensor: Tensor) -> Tensor:
    if value.layout is not torch.strided or value.is_quantized or value.device.type == "meta":
        raise InputError(f"{what} as a sparse or quantised tensor, or one on meta; give dense numbers")
    if value.shape != tensor.shape:
        needed = typed(tensor.shape)
        raise InputError(f"{what} of shape {typed(value.shape)}, but in {network.name} it is {needed}; give one of shape {needed}")
    return value  # type: ignore[no-any-return]  # a tensor
