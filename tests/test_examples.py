"""Examples become clips: short and small, but from the command as it is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from engine.catalogue import concepts, find
from studio.options import example_options
from tests.test_documents import commands

EXAMPLES = [command for command in commands() if command[:2] == ["render", "backprop"] and "-o" in command]


def test_the_chain_and_the_network_are_there() -> None:
    assert {Path(command[command.index("-o") + 1]).stem for command in EXAMPLES} >= {"chain", "network"}


@pytest.mark.parametrize("name", concepts())
def test_the_example_of_a_concept_becomes_a_clip(name: str, tmp_path: Path) -> None:
    becomes_a_clip(["render", name, *example_options(find(name))], tmp_path, 30 if find(name).is_play else 9)


@pytest.mark.parametrize("command", EXAMPLES, ids=lambda command: Path(command[command.index("-o") + 1]).stem)
def test_it_becomes_a_clip(command: list[str], tmp_path: Path) -> None:
    becomes_a_clip(command[: command.index("-o")], tmp_path)


def becomes_a_clip(command: list[str], tmp_path: Path, seconds: int = 9) -> None:
    target = tmp_path / "clip.mp4"
    small = ["-q", "480p", "--fps", "5", "--seconds", str(seconds), "--jobs", "1", "--no-cache", "-o", str(target)]
    result = CliRunner().invoke(main, [*command, *small])
    assert result.exit_code == 0, result.output
    assert target.stat().st_size > 1000
    assert "WEBVTT" in target.with_suffix(".vtt").read_text(encoding="utf-8")
