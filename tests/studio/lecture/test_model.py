"""Models of one's own in a lecture: what a clip names, what is run only where it is trusted, what is watched."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import main
from engine.errors import InputError
from studio.lecture.code import code_files, placed
from studio.lecture.desk import LectureDesk
from studio.lecture.inputs import files_of, texts_of
from studio.lecture.spec import ClipPart, read_lecture

NET = """
from torch import nn
import torch.nn.functional as F
from sizes import WIDTH

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(2, WIDTH)
    def forward(self, x):
        return F.relu(self.fc(x))
"""
HEAD = 'title = "L"\nto = ["vtt"]\nclips_to = ["vtt", "md"]\n[[parts]]\nkind = "clip"\n'
LECTURE = HEAD + 'model = "net.py:Net"\ninputs.input = [[1, 2]]\ninputs.set = { "fc.bias" = [0, 1] }\ninputs.open = "fc"\n'
LAYERS = HEAD + 'model = "linear(2) relu"\ninputs.input = [[1, 2]]\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lecture lies in a folder below the one where it is made."""
    monkeypatch.chdir(tmp_path)
    inner = tmp_path / "talk"
    inner.mkdir()
    (inner / "net.py").write_text(NET, encoding="utf-8")
    (inner / "sizes.py").write_text("WIDTH = 2\n", encoding="utf-8")
    (inner / "talk.toml").write_text(LECTURE, encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["lecture", "talk/talk.toml", "-o", "made", *arguments])


def clip(folder: Path, text: str) -> ClipPart:
    (folder / "other.toml").write_text(text, encoding="utf-8")
    (found,) = read_lecture(folder / "other.toml").parts
    assert isinstance(found, ClipPart)
    return found


def test_a_model_is_a_clip(folder: Path) -> None:
    result = run("--trust")
    assert result.exit_code == 0, result.output
    page = (folder / "made/clips/model.md").read_text(encoding="utf-8")
    assert page.startswith("# Net\n")
    assert "## fc\n" in page
    assert "## relu\n" in page
    assert "| 0 | 1 |\n" in page  # the bias that is set


def test_code_is_run_only_where_it_is_trusted(folder: Path) -> None:
    (folder / "talk/net.py").write_text("open('ran', 'w')\n" + NET, encoding="utf-8")
    result = run()
    assert result.exit_code == 2
    assert result.stderr == (
        "Error: parts[1], model: 'talk/net.py:Net' is code, which would be run; if you trust whoever wrote it, add --trust\n"
    )
    assert not (folder / "ran").exists()
    assert not (folder / "made").exists()
    for text in (
        LECTURE.replace('model = "net.py:Net"', 'concept = "model"\ninputs.net = "net.py:Net"'),
        HEAD + 'model = "os:system"\ninputs.input = [1]\n',
    ):
        (folder / "talk/talk.toml").write_text(text, encoding="utf-8")
        assert "is code, which would be run" in run().stderr
    assert not (folder / "ran").exists()


def test_layers_are_no_code(folder: Path) -> None:
    (folder / "talk/talk.toml").write_text(LAYERS, encoding="utf-8")
    result = run()
    assert result.exit_code == 0, result.output


def test_all_keys_are_those_of_the_command_line(folder: Path) -> None:
    (folder / "words.txt").write_text("a\nb\n", encoding="utf-8")
    found = clip(
        folder,
        HEAD + 'model = "net.py:make()"\n[parts.inputs]\ntokens = "a b"\nvocabulary = "words.txt"\nstate_dict = "net.pt"\ndepth = 2\n'
        'open = "fc"\ntraining = true\nfilm_error = true\n',
    )
    assert found.concept == "model"
    assert texts_of(found, folder) == {
        "net": f"{folder / 'net.py'}:make()",
        "tokens": "a b",
        "vocabulary": str(folder / "words.txt"),
        "state_dict": str(folder / "net.pt"),
        "depth": "2",
        "opened": "fc",
        "training": "True",
        "film_error": "True",
    }
    assert set(files_of(found, folder)) == {folder / "net.py", folder / "words.txt", folder / "net.pt"}


def test_what_stands_where() -> None:
    here = Path("there")
    assert placed("net.py:Net", here) == f"{here / 'net.py'}:Net"
    assert placed("net.py", here) == str(here / "net.py")
    assert placed("torchvision.models:resnet18", here) == "torchvision.models:resnet18"
    assert placed("conv2d(8, 3) relu", here) == "conv2d(8, 3) relu"
    assert list(code_files("conv2d(8, 3) relu", here)) == []


def test_files_that_it_imports_from_beside_it_belong_to_it(folder: Path) -> None:
    inner = folder / "talk"
    (inner / "sizes.py").write_text("import torch, deep\nfrom . import other\nWIDTH = 2\n", encoding="utf-8")
    (inner / "deep.py").write_text("import net\n", encoding="utf-8")  # in a circle
    (inner / "other.py").write_text("this is no code\n", encoding="utf-8")
    assert sorted(path.name for path in code_files("net.py:Net", inner)) == ["deep.py", "net.py", "other.py", "sizes.py"]


def test_a_change_of_code_is_seen(folder: Path) -> None:
    with LectureDesk(folder / "talk/talk.toml", folder / "made", 1, None, trust=True) as desk:
        desk.make()
        assert desk.read == {folder / "talk" / name for name in ("talk.toml", "net.py", "sizes.py")}
        first = (folder / "made/clips/model.md").read_text(encoding="utf-8")
        (folder / "talk/net.py").write_text(NET.replace("F.relu", "F.tanh"), encoding="utf-8")
        desk.make()
        assert "## tanh\n" in (folder / "made/clips/model.md").read_text(encoding="utf-8") != first
        (folder / "talk/sizes.py").write_text("WIDTH = 3\n", encoding="utf-8")
        with pytest.raises(InputError, match=r"parts\[1\], model: fc\.bias is given of shape 2, but in Net it is 3"):
            desk.make()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEAD + "model = 3\n", "parts[1] model is 3; give code such as 'net.py:Net', or layers such as 'linear(4) relu'"),
        (LAYERS + 'concept = "conv1d"\n', "parts[1] concept is 'conv1d', but there is a model too; give one of them"),
        (LAYERS + 'inputs.net = "relu"\n', "parts[1].inputs.net is 'relu', but there is a model too; give one of them"),
        (LAYERS + "inputs.inptu = 1\n", "parts[1].inputs.inptu is no input of model; give "),
        (HEAD + "inputs.input = [1]\n", "parts[1].concept is missing; a clip needs it"),
    ],
)
def test_what_is_refused(folder: Path, text: str, sentence: str) -> None:
    with pytest.raises(InputError) as found:
        clip(folder, text)
    assert str(found.value).partition(": ")[2].startswith(sentence)


def test_a_new_lecture_explains_it() -> None:
    text = files("studio.lecture").joinpath("starter.toml").read_text(encoding="utf-8")
    assert '# model = "net.py:Net"' in text
    assert "--trust" in text
