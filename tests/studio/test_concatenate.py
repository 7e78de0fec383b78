from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from studio.concatenate import concatenate
from studio.encoder import Encoder
from studio.join import FilmTags, join
from studio.script import BeatMark, Part, Script, joined


def film(path: Path, frames: int, shade: int, fps: int = 10, size: tuple[int, int] = (64, 48)) -> Script:
    """A grey film with its script."""
    encoder = Encoder(*size, fps)
    pixels = np.full((size[1], size[0], 4), shade, np.uint8)
    packets = encoder.run([(pixels, [(0, 0, *size)], frames)])
    said = Script(
        path.stem, "", fps, *size, "dark", (Part(path.stem, path.stem, "", 0, (BeatMark("card", "all", "Grey.", 0, frames, 0, 0),)),)
    )
    join(path, FilmTags(said.seconds(1) ** -1, said.title, "", said.chapters, said.to_json()), encoder.header, [packets])
    return said


def test_films_follow_each_other(tmp_path: Path) -> None:
    paths = [tmp_path / f"{name}.mp4" for name in "abc"]
    scripts = [film(path, frames, shade) for path, frames, shade in zip(paths, (3, 1, 40), (20, 120, 220), strict=True)]
    said = joined("All </script>", "Three.", scripts, "key")
    concatenate(tmp_path / "all.mp4", paths, said)
    with av.open(str(tmp_path / "all.mp4")) as container:
        assert Script.from_json(container.metadata["synopsis"]) == said
        assert container.metadata["title"] == "All </script>"
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == ["a: all", "b: all", "c: all"]
        frames = list(container.decode(video=0))
        assert container.streams.video[0].average_rate == 10
    assert [frame.pts * frame.time_base * 10 for frame in frames] == list(range(44))
    shades = [int(frame.to_ndarray(format="gray").mean()) for frame in frames]
    assert [k for k in range(1, 44) if abs(shades[k] - shades[k - 1]) > 20] == [3, 4]


def test_films_that_differ_are_refused(tmp_path: Path) -> None:
    scripts = [film(tmp_path / "a.mp4", 3, 20), film(tmp_path / "b.mp4", 3, 20, size=(96, 48))]
    with pytest.raises(ValueError, match=r"b\.mp4 is not encoded as the films before it"):
        concatenate(tmp_path / "all.mp4", [tmp_path / "a.mp4", tmp_path / "b.mp4"], joined("", "", scripts))
