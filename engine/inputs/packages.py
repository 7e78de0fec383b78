"""Zip archives of users (.npz, .pt, .pptx), opened so that none of them unpacks to more than is allowed, whatever it says of itself."""

from __future__ import annotations

import zipfile
from typing import IO, Any

from engine.errors import InputError

#: The list of what is in an archive is read as a whole, and takes some twenty times its size (bytes).
CONTENTS_LIMIT = 8 * 2**20
#: The others unpack without a bound, whatever the size that they state.
PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class _Bounded:
    """A file of which no single read is large: ``zipfile`` reads an archive's list of contents at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.limit = file, CONTENTS_LIMIT

    def read(self, size: int = -1) -> bytes:
        found = self.file.read(self.limit + 1 if size < 0 else min(size, self.limit + 1))
        if len(found) > self.limit:
            raise ValueError(f"over {self.limit} bytes at once")
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def open_package(file: IO[bytes], given: str, limit: int | None) -> zipfile.ZipFile:
    """The archive in an open file; with a limit (bytes), refused if all that is in it is more.

    What is read of a member is never more than its stated size, which is what is added up. Raises :class:`InputError` for too much and for
    packing that cannot be bounded, and what ``zipfile`` raises for damage.
    """
    archive = zipfile.ZipFile(_Bounded(file))
    members = archive.infolist()
    total = sum(info.file_size for info in members)
    if limit is not None and total > limit:
        raise InputError(f"{given} unpacks to {total} bytes, too many to read; give a file of at most {limit} bytes")
    odd = [info for info in members if info.compress_type not in PLAIN or info.flag_bits & 1]
    if odd:
        how = "encrypted" if odd[0].flag_bits & 1 else "packed in an unusual way"
        raise InputError(f"{given} is {how}; save it again without that")
    return archive
