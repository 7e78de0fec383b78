"""With --code an act of a network shows the user's own line, also in the picture of a concept."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from manim import tempconfig
from torch import Tensor, nn

import engine
from scenes.parts.play import PlayReel, scene_of
from studio.pace_play import play_beats
from tests.scenes.showing import SETTINGS


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.norm, self.fc = nn.Conv2d(1, 2, 3), nn.LayerNorm(2), nn.Linear(2, 3)

    def forward(self, x: Tensor) -> Tensor:
        pooled = F.max_pool2d(F.relu(self.conv1(x)), 4)
        flat = self.norm(pooled.flatten(1))
        return F.softmax(self.fc(flat), dim=-1)


LINES = {
    "conv1": "pooled = F.max_pool2d(F.relu(self.conv1(x)), 4)",
    "max_pool2d": "pooled = F.max_pool2d(F.relu(self.conv1(x)), 4)",
    "norm": "flat = self.norm(pooled.flatten(1))",
    "fc": "return F.softmax(self.fc(flat), dim=-1)",
    "softmax": "return F.softmax(self.fc(flat), dim=-1)",
}


def scene(net: Any, *, code: bool) -> PlayReel:
    play = engine.model(torch.linspace(-1, 1, 36).reshape(1, 1, 6, 6), net)
    made: PlayReel = scene_of(play)(play.record(), play_beats(play), code=code)
    made.setup()
    return made


def below(made: PlayReel, number: int) -> str:
    """The line below the strip while an act is shown."""
    made.scene(number)
    return "".join(line.text for line in made.strip.call.lines)


def test_every_act_in_the_picture_of_a_concept_has_it() -> None:
    with tempconfig(SETTINGS):
        made = scene(Net, code=True)
        found = {part.name: below(made, number) for number, part in enumerate(made.parts) if part.name in LINES}
        assert found == LINES
        relu = next(number for number, part in enumerate(made.parts) if part.name == "relu")
        assert below(made, relu) == ""  # it stands beside the picture
        assert [*made.scene(relu).code.values()] == ["pooled = F.max_pool2d(F.relu(self.conv1(x)), 4)"]


def test_a_line_of_ours_that_says_the_same_is_left_out() -> None:
    with tempconfig(SETTINGS):
        made = scene(Net, code=True)
        numbers = {part.name: number for number, part in enumerate(made.parts)}
        assert made.scene(numbers["fc"]).code == {}
        assert len({*made.scene(numbers["norm"]).code.values()}) > 1  # how it is computed is told too


def test_without_code_there_is_none() -> None:
    with tempconfig(SETTINGS):
        made = scene(Net, code=False)
        assert [below(made, number) for number in range(len(made.parts))] == [""] * len(made.parts)


def test_layers_of_a_text_have_the_line_of_torch() -> None:
    with tempconfig(SETTINGS):
        for text, more in (("conv2d(2,3) relu", ""), ("skip(conv2d(1,3,padding=1))", ", padding=1")):
            assert below(scene(text, code=True), 0) == f"output = F.conv2d(input, weight, bias{more})"


@pytest.mark.parametrize("code", [False, True])
def test_all_of_it_can_be_drawn(code: bool) -> None:
    play = engine.model(torch.linspace(-1, 1, 36).reshape(1, 1, 6, 6), Net)
    beats = play_beats(play)
    with tempconfig(SETTINGS):
        made = scene_of(play)(play.record(), beats, code=code)
        made.setup()
        for beat in beats:
            made.timeline(beat).interpolate(1.0)
