"""One module's tensors in the state dict of a larger one, as people save them: ``module.rnn.weight_ih_l0``."""

from __future__ import annotations

from collections.abc import Sequence

from engine.errors import InputError
from engine.shown import bare, first_few, shown
from engine.trace import StateDict


def of_one(state_dict: StateDict, signs: Sequence[str], kind: str) -> tuple[str, StateDict]:
    """What the names of one module begin with in a state dict, and its tensors by its own names; "" if it is the module's own.

    Its names are those that end in one of ``signs``, and all that begin alike; ``kind`` is what messages call it, such as ``nn.LSTM``. A
    state dict without any is given back as it is.

    Raises :class:`InputError` if there are several.
    """
    prefixes = {name.removesuffix(sign): None for name in state_dict for sign in signs if _ends(name, sign)}
    if not prefixes:
        return "", state_dict
    if len(prefixes) > 1:
        modules = [prefix.rstrip(".") for prefix in prefixes]
        names = " and ".join(shown(module) if module else "the module itself" for module in first_few(modules))
        more = f" and {len(modules) - len(first_few(modules))} more" if len(modules) > len(first_few(modules)) else ""
        one = next(filter(None, modules))
        how = f"name one, as in FILE#{bare(one)}, or give the tensors that begin with {shown(f'{one}.')}"
        raise InputError(f"state_dict has the weights of {len(modules)} {kind}s ({names}{more}); {how}")
    prefix = next(iter(prefixes))
    return prefix, {name.removeprefix(prefix): tensor for name, tensor in state_dict.items() if name.startswith(prefix)}


def _ends(name: object, sign: str) -> bool:
    return isinstance(name, str) and (name == sign or name.endswith(f".{sign}"))
