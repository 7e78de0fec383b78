"""What all tests have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from studio.cache import FOLDER_VARIABLE


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how many of the hand-checked results a public function reproduces so far."""
    from tests.engine.golden import VECTORS, runs

    terminalreporter.write_line(f"golden vectors: {len(runs())} of {len(VECTORS)} mapped to calls")


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of the tests' own: theirs must not depend on what the user drew before, nor fill up his."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder))
        yield folder
