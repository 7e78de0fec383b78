"""What code did before it failed, and the call that failed, carried by the error that ended it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from engine.recorder.nested import found
from engine.recorder.operation import Read, Recording

_PLACE = "_tensorreel_stopped"


@dataclass(frozen=True, eq=False)
class FailedCall:
    """A call of a torch function that raised: its name and what it was given, and where it stands, as an operation has them."""

    name: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    module: str
    file: str
    line: int
    text: str

    @property
    def reads(self) -> list[Read]:
        """All tensors that it was given, from left to right, and where they come from."""
        return found((self.args, self.kwargs), Read)

    @property
    def tensors(self) -> list[Tensor]:
        """The same by themselves."""
        return [read.tensor for read in self.reads]


@dataclass(frozen=True, eq=False)
class Stopped:
    """The operations before an error, and the ``call`` that raised it, unless it came from elsewhere."""

    recording: Recording
    call: FailedCall | None


def note(error: BaseException, recording: Recording, failed: tuple[BaseException, FailedCall] | None) -> None:
    """Lets an error say where a recording stopped; what came from a failed call is known by it, also if the code raised another error."""
    if stopped(error) is None:
        call = failed[1] if failed and any(one is failed[0] for one in _causes(error)) else None
        setattr(error, _PLACE, Stopped(recording, call))


def stopped(error: BaseException) -> Stopped | None:
    """Where the recording stopped that ended with an error; none if it was not recorded."""
    return getattr(error, _PLACE, None)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
