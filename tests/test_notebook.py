"""The notebook of the examples runs from top to bottom, as it is, only smaller."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import warnings
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOK = ROOT / "examples" / "tensorreel.ipynb"
SMALLER = {
    'quality="720p"': 'quality="480p", jobs=1',
    "fps=30": "fps=4",
    "seconds=20": "seconds=9",
    '"seconds": 20, "quality": "720p", "fps": 30': '"seconds": 9, "quality": "480p", "fps": 4, "jobs": 1',
}


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """All of Jupyter's folders in a temporary one, in which this interpreter is the only kernel; the notebook's own folder beside it."""
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    (tmp_path / "jupyter_runtime_dir").mkdir()
    folder = tmp_path / "jupyter_data_dir" / "kernels" / "python3"
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(json.dumps({"argv": command, "display_name": "Python 3", "language": "python"}))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)


class Frames(HTMLParser):
    """The attributes of the iframes of a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[dict[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "iframe":
            self.found.append(dict(attrs))


def run(folder: Path) -> Any:
    """The notebook with its outputs."""
    with warnings.catch_warnings():
        # Jupyter's own: which places its folders have, which event loop it takes.
        warnings.simplefilter("ignore")
        from nbclient import NotebookClient

        notebook = read()
        for cell in notebook.cells:
            if cell.cell_type == "code":
                for word, small in SMALLER.items():
                    cell.source = cell.source.replace(word, small)
        client = NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": str(folder)}})
        asyncio.run(client.async_execute())
    return notebook


def test_it_runs_and_shows_what_it_speaks_of(kernels: Path) -> None:
    code = [cell for cell in run(kernels).cells if cell.cell_type == "code"]
    shown = ["".join(output.get("data", {}).get("text/html", "") for output in cell.outputs) for cell in code]
    outputs = [output for cell in code for output in cell.outputs]
    assert not [output for output in outputs if output.output_type == "error"]
    # What takes longer, on a busy machine, says how far it is, and nothing else is said.
    said = "".join(output.text for output in outputs if output.output_type == "stream").splitlines()
    assert all(re.match(r" *\d+%  beat |writing ", line) for line in said), said
    assert "Steps 1 to 4 of 9" in shown[0]
    assert "<strong>Step 5</strong>" in shown[1]
    frames = [frame for text in shown for frame in Frames(text).found]
    assert len(frames) == 1
    page = frames[0]["srcdoc"] or ""
    assert page.startswith("<!DOCTYPE html>")
    assert "data-film" in page
    assert "<h3" in shown[-1]
    assert "Backpropagation</h3>" in shown[-1]
    assert (kernels / "renders" / "convolution.pptx").stat().st_size > 1000


def test_it_is_stored_without_outputs_and_is_valid() -> None:
    nbformat.validate(read())
    code = [cell for cell in read().cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert all(word in "".join(cell.source for cell in code) for word in SMALLER)
