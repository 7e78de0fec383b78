"""What a scene knows of the record that it shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from engine.step import Step
from engine.torch_call import Compared

if TYPE_CHECKING:
    from engine.blocks import Blocks

S_co = TypeVar("S_co", bound=Step, covariant=True)


class Story(Compared, Protocol[S_co]):
    """A :class:`engine.record.Record` all of whose steps are of one class; what it has besides is the concept's own."""

    @property
    def title(self) -> str: ...

    @property
    def opening(self) -> str: ...

    @property
    def closing(self) -> str: ...

    @property
    def formula(self) -> str: ...

    @property
    def blocks(self) -> Blocks: ...

    @property
    def sample(self) -> Sequence[S_co]: ...

    @property
    def at_ends(self) -> Sequence[S_co]: ...

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> S_co: ...

    def __getattr__(self, name: str) -> Any: ...
