from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from studio.forms import webm
from studio.frames import frames_at
from tests.studio.forms.moving import check_times, decoded, film, opaque

BT709, LIMITED = 1, 1


@pytest.fixture(scope="module", params=[False, True], ids=["opaque", "clear"])
def clear(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture(scope="module")
def path(clear: bool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("webm") / "clip.v2"
    webm.write(film() if clear else opaque(), base)
    assert [file.name for file in base.parent.iterdir()] == ["clip.v2.webm"]
    return base.with_name("clip.v2.webm")


def test_times(path: Path) -> None:
    check_times(path, opaque())


def test_the_stream(path: Path, clear: bool) -> None:
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        assert (context.name, context.width, context.height) == ("vp9", 854, 480)
        assert (context.color_primaries, context.color_trc, context.colorspace, context.color_range) == (BT709, BT709, BT709, LIMITED)
        assert stream.metadata.get("alpha_mode") == ("1" if clear else None)


def test_pictures(path: Path, clear: bool) -> None:
    """They are near those of the film: seen over white, if one sees through them."""
    frames = decoded(path, "libvpx-vp9")
    wanted = [mark.after - 1 for mark in film().script.marks]
    assert frames[0].format.name == ("yuva420p" if clear else "yuv420p")
    for number, pixels in frames_at(film().alpha if clear else film().path, wanted):
        found = frames[number].reformat(format="rgba" if clear else "rgb24", src_colorspace=BT709).to_ndarray().astype(float)
        values = pixels.astype(float)
        if clear:
            assert np.abs(found[..., 3] - values[..., 3]).max() <= 40
            assert np.abs(found[..., 3] - values[..., 3]).mean() < 0.5
            found, values = (255 + (one[..., :3] - 255) * one[..., 3:] / 255 for one in (found, values))
        assert np.abs(found - values).mean() < 1
        assert values.max() - values.min() > 100
