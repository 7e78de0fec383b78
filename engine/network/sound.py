"""Whether a network is one whose numbers can be shown: ordinary tensors on one device, in one type, in code that is seen."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from engine.errors import InputError
from engine.network.network import Network
from engine.reader import DTYPES
from engine.shown import bare

#: Rooms of torch whose modules keep their numbers in a form of their own.
_QUANTISED = ("torch.ao.nn.quantized", "torch.nn.quantized", "torch.ao.nn.intrinsic.quantized", "torch.nn.intrinsic.quantized")


def checked(network: Network) -> Network:
    """The network itself.

    Raises:
        InputError: it is scripted or quantised, or has a tensor that is on meta, sparse, in half precision or complex, or without a shape
            yet; or parameters are on several devices or of several types.
    """
    scripted = isinstance(network.call, torch.jit.ScriptFunction)
    if scripted:
        raise InputError(f"{network.name} is scripted, and what it does is not seen; give the function that torch.jit.script was given")
    for path, module in _modules(network):
        _check_module(network.name, path, module)
    parameters = list(_tensors(network, buffers=False))
    for name, tensor in [*parameters, *_tensors(network, buffers=True)]:
        _check_tensor(name, tensor)
    for what, remedy in (("device", "model.to('cpu')"), ("dtype", "model.float()")):
        _check_same(parameters, what, remedy)
    return network


def _modules(network: Network) -> Iterator[tuple[str, nn.Module]]:
    for name, module in network.modules.items():
        yield from module.named_modules(prefix=name)


def _tensors(network: Network, *, buffers: bool) -> Iterator[tuple[str, Tensor]]:
    for name, module in network.modules.items():
        yield from module.named_buffers(prefix=name) if buffers else module.named_parameters(prefix=name)


def _check_module(network: str, path: str, module: nn.Module) -> None:
    what = f"module {bare(path)}" if path else network
    if isinstance(module, torch.jit.ScriptModule):
        raise InputError(f"{what} is scripted, and what it does is not seen; give the module that torch.jit.script or trace was given")
    if type(module).__module__.startswith(_QUANTISED):
        raise InputError(f"{what} is quantised ({type(module).__name__}); give the network as it was before, with model.float()")


def _check_tensor(name: str, tensor: Tensor) -> None:
    if is_lazy(tensor):
        raise InputError(f"{name} has no shape yet, as its layer is lazy; call the model once with an input before it is given")
    if tensor.is_quantized:
        raise InputError(f"{name} is quantised ({_of(tensor.dtype)}); give the network as it was before, with model.float()")
    if tensor.device.type == "meta":
        raise InputError(f"{name} is on the device meta, where tensors hold no numbers; give it some with model.to_empty(device='cpu')")
    if tensor.layout is not torch.strided:
        raise InputError(f"{name} is sparse ({_of(tensor.layout)}); make it dense with {name}.to_dense()")
    if tensor.dtype.is_complex:
        raise InputError(f"{name} is {_of(tensor.dtype)}; give real numbers, such as float32")
    if tensor.is_floating_point() and tensor.dtype not in DTYPES.values():
        raise InputError(f"{name} is {_of(tensor.dtype)}, too few digits to follow; convert the network with model.float()")


def _check_same(parameters: list[tuple[str, Tensor]], what: str, remedy: str) -> None:
    """All numbers that are learned are alike."""
    found: dict[str, str] = {}
    for name, tensor in parameters:
        if tensor.is_floating_point():
            found.setdefault(_of(getattr(tensor, what)), name)
    if len(found) > 1:
        (one, first), (other, second) = list(found.items())[:2]
        raise InputError(f"{first} is {_on(what)}{one}, but {second} {_on(what)}{other}; make all alike with {remedy}")


def _on(what: str) -> str:
    return "on " if what == "device" else ""


def _of(value: object) -> str:
    return str(value).removeprefix("torch.")
