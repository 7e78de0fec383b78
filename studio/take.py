"""A take: some frames of one beat, encoded so that they stand by themselves. A clip is takes, one after the other."""

from __future__ import annotations

import struct
import uuid
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from scenes.parts.beat import SWEEP_FRAMES, Beat
from studio.locks import locked

#: A sweep is cut into takes of so many frames, so that several processes can work on it; what a take costs more, its key frame, is little.
SWEEP_TAKE = 40 * SWEEP_FRAMES
MAGIC = b"tensorreel take 1\n"

#: Share of a beat's frames that differ from the frame before: the windows slide, terms are counted. Only an estimate.
CHANGING = {"opening": 0.0, "full": 0.25, "quick": 0.3, "sweep": 1 / SWEEP_FRAMES, "closing": 0.0}
#: A take costs as much as so many changed frames before the first: its stage is built, its first frame drawn whole.
OVERHEAD = 6.0


@dataclass(frozen=True)
class Take:
    """Frames ``first`` to ``after`` (exclusive) of beat number ``beat``; ``cost`` in changed frames."""

    beat: int
    first: int
    after: int
    cost: float

    @property
    def frames(self) -> int:
        """How many."""
        return self.after - self.first


def takes(beats: Sequence[Beat]) -> list[Take]:
    """All takes of a clip. They depend on the beats alone, not on how many processes there are."""
    found = []
    for number, beat in enumerate(beats):
        pieces = -(-beat.frames // SWEEP_TAKE) if beat.kind == "sweep" else 1
        ends = [round(beat.frames * i / pieces) for i in range(pieces + 1)]
        found += [Take(number, a, b, OVERHEAD + CHANGING[beat.kind] * (b - a)) for a, b in pairwise(ends)]
    return found


def runs(found: Sequence[Take], count: int) -> list[list[Take]]:
    """The takes in ``count`` runs of neighbours that cost about the same."""
    total, done = sum(take.cost for take in found), 0.0
    result: list[list[Take]] = [[] for _ in range(count)]
    for take in found:
        result[min(count - 1, int((done + take.cost / 2) / total * count))].append(take)
        done += take.cost
    return result


# --- files -------------------------------------------------------------------------------------------------------------------------------


def write_take(path: Path, header: bytes, packets: Sequence[bytes]) -> None:
    """Writes packets, and the stream header that they need, to a file that appears whole or not at all."""
    lengths = struct.pack(f"<{len(packets) + 2}I", len(packets), len(header), *map(len, packets))
    body = b"".join([lengths, header, *packets])
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with temporary.open("wb") as file:
            locked(file.fileno())  # so that it is seen that somebody writes to it
            file.write(MAGIC + struct.pack("<I", zlib.crc32(body)) + body)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def read_take(path: Path) -> tuple[bytes, list[bytes]] | None:
    """The stream header and the packets of a take; none if there is no such file, or if it is damaged."""
    data = b""
    with suppress(OSError):
        data = path.read_bytes()
    start = len(MAGIC) + 4
    body = data[start:]
    if not data.startswith(MAGIC) or len(body) < 8 or struct.unpack("<I", data[len(MAGIC) : start])[0] != zlib.crc32(body):
        return None
    count, header = struct.unpack("<2I", body[:8])
    at = 8 + 4 * count
    ends = [at + header]
    for length in struct.unpack(f"<{count}I", body[8:at]):
        ends.append(ends[-1] + length)
    return body[at : at + header], [body[a:b] for a, b in pairwise(ends)]
