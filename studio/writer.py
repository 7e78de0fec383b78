"""Frames to a file: one H.264 stream, encoded on a thread of its own while the next frames are drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Any

import av
import numpy as np
from av.video.frame import PictureType
from av.video.reformatter import Colorspace
from manim.scene.scene_file_writer import SceneFileWriter

#: Frames that may wait for the encoder; eight at 1080p are 66 MB.
WAITING = 8
ENCODER = {"preset": "superfast", "crf": "18", "x264-params": "colorprim=bt709:transfer=bt709:colormatrix=bt709:log-level=error"}


@dataclass(frozen=True)
class Clip:
    """What is known of a clip before its first frame. ``chapters`` are names with first and last frame, ``keys`` frames to start at."""

    path: Path
    width: int
    height: int
    fps: Fraction
    title: str
    comment: str
    chapters: Sequence[tuple[str, int, int]]
    keys: frozenset[int]
    on_frame: Callable[[int], None]


class Encoder:
    """An mp4 that plays while it loads (its index comes first), with chapters, and with colours tagged as what they are: BT.709."""

    def __init__(self, clip: Clip) -> None:
        self.clip = clip
        self.container = av.open(str(clip.path), "w", format="mp4", options={"movflags": "+faststart"})
        self.stream = self.container.add_stream("libx264", rate=clip.fps, options=dict(ENCODER))
        self.stream.width, self.stream.height, self.stream.pix_fmt = clip.width, clip.height, "yuv420p"
        self.stream.time_base = 1 / clip.fps
        self.container.metadata.update({"title": clip.title, "comment": clip.comment})
        self.container.set_chapters(
            [
                {"id": i, "start": a, "end": b, "time_base": 1 / clip.fps, "metadata": {"title": name}}
                for i, (name, a, b) in enumerate(clip.chapters)
            ]
        )
        self.frames = 0
        self.last: tuple[int, av.VideoFrame] | None = None

    def write(self, pixels: np.ndarray, repeat: int) -> None:
        """Encodes a frame; one that is the same array as before is not converted again."""
        if self.last is None or self.last[0] != id(pixels):
            picture = av.VideoFrame.from_numpy_buffer(pixels, format="rgba")
            self.last = (id(pixels), picture.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709))
        picture = self.last[1]
        for _ in range(repeat):
            picture.pts, picture.time_base = self.frames, 1 / self.clip.fps
            picture.pict_type = PictureType.I if self.frames in self.clip.keys else PictureType.NONE
            self.container.mux(self.stream.encode(picture))
            self.frames += 1
            self.clip.on_frame(self.frames)

    def close(self) -> None:
        """Writes what is left and the index."""
        self.container.mux(self.stream.encode())
        self.container.close()


class ClipWriter(SceneFileWriter):  # type: ignore[misc]  # manim ships no types
    """Stands in for Manim's writer, which encodes every animation to a file of its own and joins them."""

    def __init__(self, settings: Any, clip: Clip) -> None:
        super().__init__(settings)
        self.waiting: Queue[tuple[np.ndarray, int] | None] = Queue(WAITING)
        self.error: BaseException | None = None
        self.encoder = Encoder(clip)
        self.thread = Thread(target=self._encode, name="encoder", daemon=True)
        self.thread.start()

    def _encode(self) -> None:
        held = None
        while (item := self.waiting.get()) is not None:
            if self.error is None:
                try:
                    # The array is held until the next one is here: only then can an equal id mean an equal frame.
                    held = item[0]
                    self.encoder.write(held, item[1])
                except BaseException as error:
                    self.error = error
        if self.error is None:
            try:
                self.encoder.close()
            except BaseException as error:
                self.error = error

    def begin_animation(self, allow_write: bool = False, **_: Any) -> None:
        """There is only one stream."""

    def end_animation(self, allow_write: bool = False) -> None:
        """There is only one stream."""

    def write_frame(self, pixels: np.ndarray, *, repeat: int = 1) -> None:
        """Hands a frame to the encoder."""
        if self.error is not None:
            raise self.error
        self.waiting.put((pixels, repeat))

    def finish(self) -> None:
        """Waits until everything is written."""
        self.stop()
        if self.error is not None:
            raise self.error

    def stop(self) -> None:
        """Ends the encoder's thread, also when the clip is given up."""
        if self.thread.is_alive():
            self.waiting.put(None)
            self.thread.join()

    def abort_encode_jobs(self, reraise_encoder_failures: bool = False) -> None:
        """The clip is given up: what was written goes with its temporary file."""
        self.stop()
