"""Why a forward failed, in one sentence: the line of the user's code, what came there in which shapes, what torch says, what would work."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import torch
from torch import Tensor, nn

from engine.errors import InputError
from engine.network.network import Network
from engine.network.stories import story
from engine.recorder.failed import FailedCall, stopped
from engine.recorder.names import text
from engine.recorder.record import record_with_gradients
from engine.sentences import listed, typed
from engine.shown import one_line

_NOT_ITS_OWN = (str(Path(torch.__file__).parent), str(Path(__file__).parents[1]))
_INSTALLED = "site-packages"
_CALL = nn.Module._call_impl.__code__
#: Torch's own words are cut to this, and so is a source line.
LONGEST = 140


@dataclass(frozen=True)
class Failure:
    """What is told of a forward that failed: the ``place`` in the code, what it ``gets`` there, torch's ``words``, and what would work."""

    place: str
    gets: str
    words: str
    instead: str

    @property
    def code(self) -> str:
        """What stands in the line, if that is known."""
        return self.place.partition(": ")[2]

    @property
    def short(self) -> str:
        """What met there, in one clause, with the line behind it."""
        line, colon, code = self.place.partition(": ")
        where = f" ({line})" if colon else ""
        return f"{code or line}{self.gets}{where}" if self.gets else f"{code or line}{where}: {self.words}"

    @property
    def sentence(self) -> str:
        """All of it."""
        return f"{self.place}{self.gets}: {self.words}; {self.instead}"


def explained(error: Exception, network: Network, given: Mapping[str, Tensor]) -> InputError:
    """One sentence for what a network raised when it was called with the tensors that are given.

    The shapes are those of the call that failed, if it was recorded: what :func:`engine.recorder.record.record` raised knows it.
    """
    if isinstance(error, InputError):
        return error
    inputs = listed([f"{name} {typed(tensor.shape)}" for name, tensor in given.items()])
    return InputError(f"{failure(error, network).sentence}{f' (given: {inputs})' if inputs else ''}")


def failure(error: Exception, network: Network) -> Failure:
    """What there is to tell of an error that a network raised."""
    found = stopped(error)
    call = found.call if found else None
    gets, instead = story(call) if call else ("", "look at what comes to this line")
    place = _place(error, network, call) if gets else _place(error, network, call).rstrip(",")
    return Failure(place, gets, _words(error), instead)


def _words(error: Exception) -> str:
    """What torch or Python says, shortened."""
    first = one_line(str(error).strip().partition("\n")[0], LONGEST)
    found = first if first.endswith("...") else first.removesuffix(".")
    return found if found and isinstance(error, RuntimeError | ValueError | IndexError) else f"{type(error).__name__}: {found}".rstrip(": ")


def _place(error: Exception, network: Network, call: FailedCall | None) -> str:
    """The line of the innermost frame that is neither torch's nor ours, and the module if the line does not say which."""
    frames = _frames(error)
    module = _module(network, [frame for frame, _ in frames])
    is_own = call is not None and call.file and _INSTALLED not in call.file and not call.file.startswith(_NOT_ITS_OWN)
    file, line, source = (call.file, call.line, call.text) if call and is_own else _line(frames)
    if not file:
        return f"module {module}" if module else network.name
    at = f"{Path(file).name}, line {line}: {one_line(source, LONGEST)}".rstrip(": ")
    return f"{at}, in {module}" if module and module.partition(",")[0] not in source else at


def _frames(error: Exception) -> list[tuple[FrameType, int]]:
    """From the call of the network to the innermost, with the lines."""
    found = list(traceback.walk_tb(error.__traceback__))
    start = max((place for place, (frame, _) in enumerate(found) if frame.f_code is record_with_gradients.__code__), default=0)
    return found[start + 1 :]


def _line(frames: Sequence[tuple[FrameType, int]]) -> tuple[str, int, str]:
    """Where the user's own code was; that of an installed package if there is no other."""
    other = [(frame, line) for frame, line in frames if not frame.f_code.co_filename.startswith(_NOT_ITS_OWN)]
    own = [one for one in other if _INSTALLED not in one[0].f_code.co_filename] or other
    return (own[-1][0].f_code.co_filename, own[-1][1], text(own[-1][0])) if own else ("", 0, "")


def _module(network: Network, frames: Sequence[FrameType]) -> str:
    """The innermost module that is one of the network's, with its class."""
    paths = {id(one): path for name, root in network.modules.items() for path, one in root.named_modules(prefix=name) if path}
    called = [frame.f_locals["self"] for frame in frames if frame.f_code is _CALL]
    return next((f"{paths[id(one)]}, a {type(one).__name__}," for one in reversed(called) if id(one) in paths), "")
