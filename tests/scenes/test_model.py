"""The film of a network: its overview, the map of its parts, what waits there, and all results at the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from manim import tempconfig
from torch import nn

import engine
from engine.network.played import ModelPlay
from scenes.model import TOLD, NetworkReel
from scenes.network.face import MOST_PLANES, solids
from scenes.network.panel import Panel
from scenes.network.rowed import rowed
from scenes.network.stations import core, stations
from scenes.parts.beat import Beat
from scenes.parts.cast import scene_class
from scenes.parts.frame import STAGE, TITLE
from scenes.parts.ink import Letters
from scenes.parts.passage import Passage
from scenes.parts.play import ARRIVES, SETS_OUT, scene_of
from scenes.parts.theme import THEMES
from studio.pace_play import play_beats
from tests.models import MLP, MODELS, ResNet, film
from tests.scenes.lint import findings
from tests.scenes.showing import SETTINGS, pictures, strip

LAYERS = "conv2d(1, 3) relu max_pool2d(2) flatten linear(2)"
SIZES = ["mlp", "lenet", "residual"]


@contextmanager
def shown(model: ModelPlay, theme: str = "dark", **pace: Any) -> Iterator[tuple[NetworkReel, list[Beat]]]:
    beats = play_beats(model, **{"fps": 10, **pace})
    with tempconfig(SETTINGS):
        scene = NetworkReel(model.record(), beats, theme)
        scene.setup()
        yield scene, beats


def words(scene: NetworkReel) -> set[str]:
    """What stands on the stage."""
    outer = (scene.header, scene.strip, scene.caption)
    marks = (part for group in scene.live.submobjects if group not in outer for part in group.get_family())
    return {line.text for mark in marks if isinstance(mark, Letters) for line in mark.lines}


def moments(scene: NetworkReel, beat: Beat, count: int = 60) -> Iterator[float]:
    timeline = scene.timeline(beat)
    for share in np.linspace(0, 1, count):
        timeline.interpolate(float(share))
        yield float(share)


def opening(beats: list[Beat], act: int) -> Beat:
    return next(beat for beat in beats if beat.act == act and beat.kind == "opening")


# --- the lint ----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SIZES)
def test_layout(name: str) -> None:
    model = MODELS[name]()
    beats = play_beats(model, fps=10)
    assert findings(NetworkReel, model, [beats[0], beats[-1]], *THEMES) == []
    assert findings(NetworkReel, model, beats[1:5]) == []


def test_layout_where_something_waits_and_lands() -> None:
    model = MODELS["some_opened"]()
    beats = [beat for beat in play_beats(model, fps=10) if beat.act in (4, 5) and beat.kind in ("opening", "sweep")]
    assert findings(NetworkReel, model, beats, "dark", "light") == []


class Mean(nn.Module):
    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean()


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a_very_long_name_of_a_layer, self.日本語 = nn.Linear(3, 200), nn.Linear(200, 1000)

    def forward(self, query: torch.Tensor, key: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"scores": self.日本語(self.a_very_long_name_of_a_layer(query)), "other": key.exp()}


class Dense(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(3 * (at + 1), 3) for at in range(6))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in self.layers:
            x = torch.cat([x, torch.relu(layer(x))], -1)
        return x


ODD = [
    (Mean(), torch.ones(3)),
    (Named(), {"query": torch.ones(2, 3), "key": torch.ones(2, 5, 6, 7)}),
    (Dense(), torch.ones(1, 3)),
    (ResNet(30), torch.ones(1, 3, 4, 4)),
    (nn.Sequential(nn.Linear(3, 3)), torch.full((1, 3), 1e20)),
]


@pytest.mark.parametrize(("net", "given"), ODD, ids=[type(net).__name__ for net, _ in ODD])
def test_layout_of_odd_networks(net: nn.Module, given: Any) -> None:
    model = film(net, given)
    beats = play_beats(model, fps=10)
    assert findings(NetworkReel, model, [*beats[:3], beats[-1]]) == []


# --- the overview ------------------------------------------------------------------------------------------------------------------------


def test_it_is_the_scene_of_a_model() -> None:
    assert scene_class("model") is NetworkReel
    assert scene_of(MODELS["mlp"]()) is NetworkReel


@pytest.mark.parametrize("name", SIZES)
def test_every_part_is_told_with_its_size_and_its_parameters(name: str) -> None:
    model = MODELS[name]()
    with shown(model, fps=30) as (scene, beats):
        told = {tuple(strip(scene)) for _ in moments(scene, beats[0], 400)} - {()}
    for part in model.network:
        size = "×".join(map(str, core(part.shape)))
        assert any(line[0] == part.name and size in line for line in told), part.name
        if part.parameters:
            assert any(line[0] == part.name and f"{part.parameters:,} parameter" in line[-1] for line in told)


@pytest.mark.parametrize("name", ["mlp", "lenet"])
def test_a_dozen_parts_have_all_their_words(name: str) -> None:
    model = MODELS[name]()
    with shown(model) as (scene, beats):
        scene.timeline(beats[0]).interpolate(0.8)
        there = words(scene)
    for part in model.network:
        assert part.name.partition(" (")[0] in there
        assert part.kind in there
        assert "×".join(map(str, core(part.shape))) in there
        assert not part.parameters or f"{part.parameters:,}" in there


def test_many_parts_have_the_names_of_their_blocks() -> None:
    with shown(MODELS["residual"]()) as (scene, beats):
        scene.timeline(beats[0]).interpolate(0.8)
        assert {"stem", "fc", *(f"layer.{at}" for at in range(9))} <= words(scene)


def test_sizes_are_told_as_the_numbers_come_to_them() -> None:
    with shown(MODELS["lenet"]()) as (scene, beats):
        before: set[str] = set()
        counts = []
        for share in moments(scene, beats[0]):
            if share < 0.8:
                assert before <= words(scene)
                before = words(scene)
                counts.append(len(before))
        assert len({*counts}) >= 8
        scene.timeline(beats[0]).interpolate(0.0)
        assert "6×28×28" not in words(scene)
        assert "conv1" in words(scene)


def test_blocks_are_to_scale() -> None:
    image, smaller, deep, vector, longer = solids([(1, 6, 28, 28), (1, 6, 14, 14), (1, 64, 14, 14), (1, 10), (1, 120)])
    assert image.wide == image.high > smaller.wide == deep.wide
    assert smaller.behind < deep.behind <= MOST_PLANES
    assert vector.wide < vector.high < longer.high
    assert vector.behind == 0


def test_blocks_go_to_their_boxes_on_the_map_which_is_there_then() -> None:
    with shown(MODELS["lenet"]()) as (scene, beats):
        timeline = scene.timeline(beats[0])
        timeline.interpolate(0.5)
        assert scene.map.map not in scene.map.submobjects
        timeline.interpolate(0.969)
        overview = scene.live.submobjects[0]
        boxes = [raster.box for raster in overview.submobjects[:-1]]
        places = scene.map.map.places
        assert boxes[1:] == [pytest.approx(place, abs=0.05) for place in places]
        timeline.interpolate(1.0)
        assert scene.map.map in scene.map.submobjects
        assert not overview.submobjects
        scene.timeline(beats[1]).interpolate(0.0)
        assert scene.map.map in scene.map.submobjects


def test_lines_around_others_stand_for_skips() -> None:
    model = MODELS["residual"]()
    with shown(model) as (scene, beats):
        scene.timeline(beats[0]).interpolate(0.3)
        wires = scene.live.submobjects[0].wires
        skips = [(taken + 1, at + 1) for at, part in enumerate(model.network) for taken in part.takes if at - taken > 1]
        assert len(skips) == 9
        assert [*wires.lanes] == sorted(skips, key=lambda edge: edge[1] - edge[0])
        for edge in skips:
            ends = wires.lines(edge)
            (x0, y0), (x1, y1) = ends[0][0], ends[-1][1]
            assert wires.boxes[edge[0]][0] < x0 < wires.boxes[edge[0]][2]
            assert wires.boxes[edge[1]][0] < x1 < wires.boxes[edge[1]][2]
            assert y0 > wires.boxes[edge[0]][3]
            assert y1 > wires.boxes[edge[1]][3]


def test_each_part_is_led_to_from_that_which_it_was_given() -> None:
    net, given = ODD[1]
    found = stations(film(net, given).record())
    assert [(one.name, one.takes) for one in found] == [
        ("query", ()),
        ("key", ()),
        ("a_very_long_name_of_a_layer", (0,)),
        ("日本語", (2,)),
        ("exp", (1,)),
    ]


def test_numbers_that_may_be_those_of_another_input_are_not_shown() -> None:
    class Sum(nn.Module):
        def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
            return torch.relu(left) + torch.tanh(right)

    one, other = torch.tensor([1.0, 2.0]).double(), torch.tensor([3.0, 4.0]).double()
    found = stations(film(Sum(), {"left": one, "right": other}).record())
    for station, values in zip(found, (one, other), strict=False):
        assert station.values is None or station.values.tolist() == values.tolist()


def test_boxes_stand_in_rows_in_their_order_and_in_their_room() -> None:
    for count in (1, 2, 7, 13, 40, 60):
        rows = rowed([[[(f"part{at}", "ink")] for at in range(count)]], STAGE, [f"group{at // 4}" for at in range(count)], 0.3)
        assert len(rows.rooms) == count
        for (a, b), (row, after) in zip(pairwise(rows.rooms), pairwise(rows.row), strict=True):
            assert b[0] >= a[2] if row == after else b[3] < a[1]
        assert all(STAGE[0] <= x0 < x1 <= STAGE[2] and STAGE[1] <= y0 < y1 <= STAGE[3] for x0, y0, x1, y1 in rows.rooms)


# --- the map -----------------------------------------------------------------------------------------------------------------------------


def test_acts_of_one_part_have_one_box() -> None:
    class Reader(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.lstm, self.fc = nn.LSTM(2, 2, num_layers=2), nn.Linear(2, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.fc(self.lstm(x)[0])

    torch.manual_seed(0)
    model = film(Reader(), torch.rand(2, 2).double(), opened="*")
    with shown(model) as (scene, beats):
        assert 2 == len(scene.map.map.places) == len(model.network) < len(model.acts)
        for number, act in enumerate(model.acts):
            scene.timeline(opening(beats, number)).interpolate(1.0)
            part = next(at for at, one in enumerate(model.network) if one.first <= number < one.stop)
            x = scene.map.map.now.points[:, 0].min()
            assert x == pytest.approx(scene.map.map.places[part][0])
            assert act.name.startswith(scene.map.phase.line.text.partition("…")[0])


def test_the_present_act_is_told_where_the_map_has_no_names() -> None:
    model = MODELS["residual"]()
    with shown(model) as (scene, beats):
        for number in (0, 7, 39):
            scene.timeline(opening(beats, number)).interpolate(1.0)
            assert scene.map.phase.line.text == model.acts[number].name


# --- what waits --------------------------------------------------------------------------------------------------------------------------


def test_what_is_read_further_on_waits_above_the_acts_between() -> None:
    with shown(MODELS["some_opened"]()) as (scene, beats):
        seen = []
        for number in range(1, 6):
            scene.timeline(opening(beats, number)).interpolate(1.0)
            seen.append([tile.box for tile in scene.map.tiles.submobjects])
        assert [len(boxes) for boxes in seen] == [0, 1, 1, 1, 0]
        lefts = [boxes[0][0] for boxes in seen[1:4]]
        assert lefts == sorted({*lefts})
        places = scene.map.map.places
        for number, (box,) in enumerate(seen[1:4], start=2):
            assert box[1] > places[number][3]
            assert TITLE[1] < box[1] < box[3] < 4.0


def test_it_glides_on_while_the_next_act_opens() -> None:
    with shown(MODELS["some_opened"]()) as (scene, beats):
        timeline = scene.timeline(opening(beats, 3))
        lefts = []
        for share in (0.0, SETS_OUT, 0.4, 0.5, ARRIVES, 1.0):
            timeline.interpolate(share)
            lefts.append(scene.map.tiles.submobjects[0].box[0])
        assert lefts[0] == lefts[1] < lefts[2] < lefts[3] < lefts[4] == lefts[5]


def test_it_lands_where_its_reader_reads_it() -> None:
    with shown(MODELS["some_opened"]()) as (scene, beats):
        scene.timeline(opening(beats, 4)).interpolate(1.0)
        waited = scene.map.tiles.submobjects[0].box
        timeline = scene.timeline(opening(beats, 5))
        timeline.interpolate(SETS_OUT / 2)
        assert [tile.box for tile in scene.map.tiles.submobjects] == [pytest.approx(waited)]
        timeline.interpolate(0.5)
        assert not scene.map.tiles.submobjects
        flights = [part for part in scene.live.submobjects if isinstance(part, Passage)]
        assert waited in [pytest.approx(start) for flight in flights for start, *_ in flight.tables]
        timeline.interpolate(ARRIVES)
        assert scene.scene(5).here["input"].digits.lines


def test_what_is_taken_in_another_order_comes_from_where_each_cell_stood() -> None:
    class Turned(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc1, self.fc2 = nn.Linear(3, 3), nn.Linear(2, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.fc2(self.fc1(x).t())

    model = film(Turned(), torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).double(), opened="fc2")
    with shown(model) as (scene, beats):
        scene.timeline(beats[2]).interpolate(1.0)
        stood = scene.scene(0).stands("output")
        timeline = scene.timeline(opening(beats, 1))
        timeline.interpolate(0.0)
        (passage,) = [part for part in scene.live.submobjects if isinstance(part, Passage)]
        assert stood is not None
        starts = [(line.x, line.y) for line, _ in passage.lines]
        assert starts == [(stood.lines[cell].x, stood.lines[cell].y) for cell in (0, 3, 1, 4, 2, 5)]


# --- all results -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SIZES)
def test_all_results_are_there_at_the_end_and_each_is_told(name: str) -> None:
    model = MODELS[name]()
    with shown(model, fps=30) as (scene, beats):
        told = {tuple(strip(scene)) for _ in moments(scene, beats[-1], 400)}
        lineup, answer = scene.live.submobjects[:2]
        own = stations(scene.story)
        assert [station.name for station in lineup.stations] == ["x", *(part.name for part in model.network)]
        assert len(lineup.tiles) == len(own)
        assert all(tile.known == (tile.order >= 0).sum() for tile in lineup.tiles if isinstance(tile, Panel))
        assert {(station.name, *station.spread) for station in own} <= told
        assert answer.panel.known == model.outputs["output"].numel()


def test_the_smallest_and_the_largest_number_stand_below_each() -> None:
    with shown(MODELS["mlp"]()) as (scene, beats):
        scene.timeline(beats[-1]).interpolate(1.0)
        assert {"fc1", "relu", "fc2", "softmax", "−2 … 3", "0 … 1.1"} <= words(scene)
        lineup = scene.live.submobjects[0]
        low, _, high, _ = lineup._bar(0)
        assert low < high
        assert high - low > lineup._bar(4)[2] - lineup._bar(4)[0]


def test_a_dead_part_has_no_bar() -> None:
    torch.manual_seed(0)
    dead = MLP()
    with torch.no_grad():
        dead.fc1.bias.fill_(-100)
    model = film(dead, torch.ones(1, 4).double())
    with shown(model) as (scene, beats):
        scene.timeline(beats[-1]).interpolate(1.0)
        lineup = scene.live.submobjects[0]
        assert "0 … 0" in words(scene)
        x0, _, x1, _ = lineup._bar(2)
        assert x0 == x1
        assert lineup._bar(1)[2] - lineup._bar(1)[0] > 0


def test_nothing_of_the_answer_is_seen_before_it_is_told() -> None:
    with shown(MODELS["lenet"]()) as (scene, beats):
        known = [(scene.live.submobjects[1].panel.known, share) for share in moments(scene, beats[-1])]
        assert all(count == (0 if share < TOLD - 0.05 else 10) for count, share in known if not TOLD - 0.05 <= share < TOLD)


# --- what is drawn -----------------------------------------------------------------------------------------------------------------------


def of_ends(model: ModelPlay) -> list[list[list[bytes]]]:
    with shown(model) as (scene, beats):
        return [pictures(scene, beat) for beat in (beats[0], beats[-1])]


def test_the_same_network_gives_the_same_pictures_and_another_weight_others() -> None:
    torch.manual_seed(0)
    net, given = MLP(), torch.tensor([[1.0, -2.0, 0.5, 3.0]]).double()
    one, again = of_ends(film(net, given)), of_ends(film(net, given))
    with torch.no_grad():
        net.fc1.weight[0, 0] += 1.0
    other = of_ends(film(net, given))
    assert one == again
    assert one[0] != other[0]
    assert one[1] != other[1]


def test_beats_can_be_drawn_in_any_order() -> None:
    model = MODELS["mlp"]()
    with shown(model) as (scene, beats):
        forwards = [pictures(scene, beat) for beat in beats]
        backwards = [pictures(scene, beat) for beat in reversed(beats)]
        assert forwards == [*reversed(backwards)]


def test_something_moves_or_lights_up_all_the_time() -> None:
    with shown(MODELS["lenet"](), fps=30) as (scene, beats):
        seen = pictures(scene, beats[0])
        changes = [at for at, (a, b) in enumerate(pairwise(seen)) if a != b]
        assert max(b - a for a, b in pairwise(changes)) <= 30


def test_the_model_of_the_catalogue_is_shown() -> None:
    model = engine.model([[[1.0, 3, -2, 4], [0, 8, 6, 5], [2, 1, -9, 0], [4, -1, 3, 7]]], LAYERS)
    beats = play_beats(model, fps=10)
    assert findings(NetworkReel, model, [beats[0], beats[-1]]) == []
