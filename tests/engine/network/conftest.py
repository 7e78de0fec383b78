"""A folder with a file of code, and one beside it that it imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.network.nets import NET


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "blocks.py").write_text("WIDTH = 3\n", encoding="utf-8")
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    return tmp_path
