from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch

import engine
from engine.errors import InputError
from engine.step import Step
from engine.trace import Trace
from studio import crew, room
from studio.room import check_room
from tests.campaign.commands import called, sentence_fault
from tests.stand_ins import steps


def trace() -> Trace:
    return engine.conv1d([1.0, 2, 3], [1.0, 2])


def with_terms(count: int) -> Trace:
    plain = trace()

    def cut(k: int) -> Step:
        return replace(plain[k], terms=[(1.0,)] * count)

    return replace(plain, **steps(cut, plain.phases))


def of_size(outputs: int) -> Trace:
    plain = trace()
    return replace(plain, outputs={"output": torch.zeros(1).expand(outputs)}, **steps(lambda k: plain[0], [("all", outputs)]))


def refusal(large: Trace) -> str:
    with pytest.raises(InputError) as caught:
        check_room(large)
    return str(caught.value)


def test_two_million_steps_can_be_drawn() -> None:
    check_room(of_size(2_000_000))
    check_room(with_terms(20_001))


def test_steps_that_are_too_long_are_refused() -> None:
    said = refusal(with_terms(90_000))
    assert said.startswith("a clip of steps with 90,000 terms would take about 56 seconds, more than the 20 seconds allowed; give inputs ")
    assert said.endswith("at most about 30,000 terms, or print them by tensorreel trace")  # (20 − 2) s / (10 · 60 µs)


def test_tensors_that_are_too_large_are_refused() -> None:
    said = refusal(of_size(20_000_000))
    assert "a clip that shows 20,000,005 numbers would take about 62 seconds" in said
    assert "at most about 5,900,000 numbers" in said  # (20 − 2) s / (600 · 5 ns)


def test_what_cannot_be_drawn_can_be_written(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(crew, "start", lambda count: [])
    monkeypatch.setattr(room, "OUTPUT", 10**12)
    command = ["render", "conv1d", "--input", "[1,2]", "--weight", "[1]", "--seconds", "8", "-o", str(tmp_path / "clip")]
    drawn = called([*command, "--to", "mp4,vtt"])
    assert drawn.exit_code == 2
    assert sentence_fault("", drawn.stderr) is None
    assert "a clip that shows" in drawn.stderr
    assert not list(tmp_path.iterdir())
    monkeypatch.setattr(crew, "start", None)  # which can be called no more
    assert called([*command, "--to", "vtt"]).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["clip.vtt"]
