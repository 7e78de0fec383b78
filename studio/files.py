"""Files that exist whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.errors import InputError

FOLDER = Path("renders")


def target(given: str | None, default: str, suffix: str) -> Path:
    """Where to write: ``given``, or ``default`` in the folder ``renders``, which is made.

    Raises :class:`InputError` if nothing can be written there.
    """
    path = Path(given) if given is not None else FOLDER / default
    if given is None:
        with suppress(OSError):
            FOLDER.mkdir(exist_ok=True)
    if path.suffix.lower() != suffix:
        raise InputError(f"-o is {str(path)!r}; give a file name that ends in {suffix}")
    if path.is_dir():
        raise InputError(f"-o is {str(path)!r}, which is a folder; give the name of a file in it")
    if not path.parent.is_dir():
        raise InputError(f"-o is {str(path)!r}, but there is no folder {str(path.parent)!r}; make it first, or choose another")
    check_writable(path)
    return path


def check_writable(path: Path) -> None:
    """Raises :class:`InputError` if no file can be made in the folder of ``path``."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.stem[:50]}."):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"-o is {str(path)!r}, where nothing can be written ({reason}); choose a folder that you may write to") from error


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A temporary name beside ``path``, moved into its place if the block succeeds and removed if it does not."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem[:50]}.", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        # mkstemp makes files that only their owner may read.
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
