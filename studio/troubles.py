"""What the system has against a file, as a sentence."""

from __future__ import annotations

import errno
from pathlib import Path

from engine.shown import shown

ELSEWHERE = "choose another place, or see to its rights"
REMEDIES = {
    **dict.fromkeys(("ENOSPC", "EDQUOT", "EFBIG"), "make room there, or choose another place"),
    **dict.fromkeys(("EMFILE", "ENFILE"), "close other programs, or raise the limit (ulimit -n)"),
    **dict.fromkeys(("EAGAIN", "ENOMEM"), "close other programs, or give fewer processes by --jobs"),
    **dict.fromkeys(("EISDIR", "ENOTDIR", "EEXIST"), "choose another name, or remove what is in its way"),
    "ENAMETOOLONG": "give a shorter name",
    "ENOENT": "make its folder first, or choose another place",
    "EIO": "look after the disk, or choose another place",
    **dict.fromkeys(("EACCES", "EPERM", "EROFS"), ELSEWHERE),
}
#: Numbers of errors that are the system's, not ours.
KNOWN = {number for number, name in errno.errorcode.items() if name in REMEDIES}


def reason(error: OSError) -> str:
    """In the system's words."""
    return error.strerror or " ".join(str(error).split()) or type(error).__name__


def remedy(error: OSError) -> str:
    """What would work."""
    return REMEDIES.get(errno.errorcode.get(error.errno or 0, ""), ELSEWHERE)


def unwritten(path: Path, error: OSError) -> str:
    """A sentence for what could not be written."""
    return f"{shown(str(path))} cannot be written ({reason(error)}); {remedy(error)}"
