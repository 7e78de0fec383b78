from __future__ import annotations

from pathlib import Path

import av
import numpy as np

from studio.forms import mov
from studio.frames import frames_at
from tests.studio.forms.moving import check_times, decoded, film, opaque

BT709 = 1


def test_the_film_as_it_is(tmp_path: Path) -> None:
    mov.write(opaque(), tmp_path / "clip")
    path = tmp_path / "clip.mov"
    check_times(path, opaque())
    found = []
    for file in (path, film().path):
        with av.open(str(file)) as container:
            assert container.streams.video[0].codec_context.name == "h264"
            found.append([bytes(packet) for packet in container.demux(video=0) if packet.size])
    assert found[0] == found[1]
    assert path.read_bytes()[4:12] == b"ftypqt  "


def test_prores(tmp_path: Path) -> None:
    mov.write(film(), tmp_path / "clip")
    path = tmp_path / "clip.mov"
    check_times(path, film())
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.codec_tag, context.colorspace) == ("prores", "ap4h", BT709)
    frames = decoded(path)
    wanted = [mark.after - 1 for mark in film().script.marks]
    for number, pixels in frames_at(film().alpha, wanted):
        alpha = np.frombuffer(frames[number].planes[3], np.uint16).reshape(480, -1)[:, :854]
        depth = frames[number].format.components[3].bits
        assert np.array_equal(np.rint(alpha / (2**depth - 1) * 255), pixels[..., 3])
        colours = frames[number].to_ndarray(format="rgba").astype(float)[..., :3]
        share = pixels[..., 3:] / 255
        assert np.abs((colours - pixels[..., :3]) * share).max() < 16
        assert np.abs((colours - pixels[..., :3]) * share).mean() < 0.2
