"""How tests start programs."""

from __future__ import annotations

import signal


def hang_up_as_usual() -> None:
    """In a new process, before it runs: the tests may run under nohup, whose children would not notice a terminal that is closed."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
