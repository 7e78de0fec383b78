"""How tests start programs."""

from __future__ import annotations

import signal


def heed_signals() -> None:
    """In a new process, before it runs: under nohup a hang-up is ignored, in the background of a shell an interrupt, by children too."""
    for name in ("SIGHUP", "SIGINT", "SIGTERM"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
