"""What all tests have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from studio.cache import FOLDER_VARIABLE

# The first call of a torch function may take over a second, and a loaded machine is slow: neither is a fault.
# The cases are the same in every run: new ones are looked for by the campaigns, and found there, not in somebody's change of another thing.
settings.register_profile("tensorreel", deadline=None, derandomize=True)
settings.load_profile("tensorreel")


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


@pytest.fixture
def bundled_fonts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if there were no fonts but those that Typst brings along."""
    from scenes.parts import glyphs, press, typeset

    kept = (press.folders, press._families, press.families, press.compiler, glyphs._is_drawn, typeset.text_outline, typeset.math_outline)
    with monkeypatch.context() as patch:
        patch.setattr(press, "PACKS", ())
        patch.delenv(press.VARIABLE, raising=False)
        for found in kept:
            found.cache_clear()
        yield
    for found in kept:
        found.cache_clear()
