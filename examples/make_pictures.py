"""Makes the example pictures; running it again gives the same files.

    .venv/bin/python examples/make_pictures.py

``photo.png`` is drawn here: a ball and a box on a table in soft light, by casting rays. ``digit.png`` is one digit of the UCI
data set "Optical Recognition of Handwritten Digits"; it is only made where scikit-learn, which carries the data, is installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

FOLDER = Path(__file__).parent
Array = np.ndarray[Any, np.dtype[np.float64]]

PHOTO_SIDE, RAYS_PER_SIDE = 96, 4
CAMERA, LOOKING_AT = np.array([0.0, -5.6, 2.5]), np.array([0.0, 0.1, 0.62])
LAMP, LAMP_RADIUS, LAMP_RAYS = np.array([-2.9, -4.4, 5.4]), 0.7, 24
BALL, BALL_RADIUS = np.array([-0.85, -0.25, 0.85]), 0.85
BOX, BOX_HALF, BOX_TURN = np.array([1.05, 0.55, 0.7]), np.array([0.62, 0.62, 0.7]), np.deg2rad(28)
WALL_AT = 3.2  # y
BALL_COLOUR, BOX_COLOUR, STRIPE_COLOUR, WALL_COLOUR = 0.5, 0.62, 0.14, 0.16
FAR = 1e9

DIGIT, DIGIT_SIDE = 3, 28  # which of the data set's pictures
FAINTEST = 12  # of 255; resizing leaves faint ripples on what is black


def photo() -> Image.Image:
    """Greyscale, 96 x 96."""
    random = np.random.default_rng(7)
    side = PHOTO_SIDE * RAYS_PER_SIDE
    forward = unit(LOOKING_AT - CAMERA)
    right = unit(np.cross(forward, [0.0, 0.0, 1.0]))
    up = np.cross(right, forward)
    at = (np.arange(side) + 0.5) / side - 0.5
    x, y = np.meshgrid(at, -at)
    rays = unit(forward + 0.82 * (x[..., None] * right + y[..., None] * up)).reshape(-1, 3)
    light = shade(np.broadcast_to(CAMERA, rays.shape), rays, random).reshape(PHOTO_SIDE, RAYS_PER_SIDE, PHOTO_SIDE, RAYS_PER_SIDE)
    corners = 1 - 0.55 * (x**2 + y**2).reshape(light.shape)  # a lens gives its corners less light
    grey = (light * corners).mean((1, 3))
    grey = np.clip(grey, 0, 1) ** (1 / 2.2) + random.normal(0, 0.008, grey.shape)  # the eye's scale, and a sensor's grain
    return Image.fromarray((np.clip(grey, 0, 1) * 255).round().astype(np.uint8))


def shade(origins: Array, rays: Array, random: np.random.Generator) -> Array:
    """How much light comes back along each ray."""
    distance, normal, colour = hit(origins, rays)
    points = origins + distance[:, None] * rays + 1e-6 * normal
    lit = np.zeros(len(rays))
    for shift in random.normal(size=(LAMP_RAYS, 3)):
        to_lamp = LAMP + LAMP_RADIUS * unit(shift) - points
        away = np.linalg.norm(to_lamp, axis=1)
        toward = to_lamp / away[:, None]
        free = hit(points, toward)[0] > away
        lit += free * np.clip((normal * toward).sum(1), 0, None) * 46 / away**2
    lit /= LAMP_RAYS
    toward = unit(LAMP - points)
    gleam = np.clip((unit(toward - rays) * normal).sum(1), 0, None) ** 60 * (colour == BALL_COLOUR) * np.minimum(lit, 1)
    # Light from all around reaches less where the ball or the box is close.
    touch = 1 - 0.55 * np.exp(-3.5 * np.abs(np.linalg.norm(points - BALL, axis=1) - BALL_RADIUS)) * (normal[:, 2] > 0.99)
    return colour * (0.85 * lit + 0.16 * touch * (0.6 + 0.4 * normal[:, 2])) + 0.55 * gleam


def hit(origins: Array, rays: Array) -> tuple[Array, Array, Array]:
    """Distance, surface normal and colour of what each ray meets first: the ball, the box, the table or the wall."""
    hits = [hit_ball(origins, rays), hit_box(origins, rays), hit_table(origins, rays), hit_wall(origins, rays)]
    first = np.argmin([distance for distance, _, _ in hits], axis=0)
    every = np.arange(len(rays))
    distance, normal, colour = (np.stack(parts)[first, every] for parts in zip(*hits, strict=True))
    return distance, normal, colour


def hit_ball(origins: Array, rays: Array) -> tuple[Array, Array, Array]:
    offset = origins - BALL
    b = (offset * rays).sum(1)
    root = b**2 - (offset**2).sum(1) + BALL_RADIUS**2
    distance = -b - np.sqrt(np.clip(root, 0, None))
    distance = np.where((root > 0) & (distance > 0), distance, FAR)
    return distance, unit(offset + distance[:, None] * rays), np.full(len(rays), BALL_COLOUR)


def hit_box(origins: Array, rays: Array) -> tuple[Array, Array, Array]:
    turn = np.array([[np.cos(BOX_TURN), -np.sin(BOX_TURN), 0], [np.sin(BOX_TURN), np.cos(BOX_TURN), 0], [0, 0, 1]])
    start, way = (origins - BOX) @ turn, rays @ turn
    with np.errstate(divide="ignore"):
        sides = np.sort(np.stack([(-BOX_HALF - start) / way, (BOX_HALF - start) / way]), axis=0)
    enter, leave = sides[0].max(1), sides[1].min(1)
    distance = np.where((enter < leave) & (enter > 0), enter, FAR)
    normal = np.eye(3)[sides[0].argmax(1)] * -np.sign(way)
    across, height = (start + distance[:, None] * way)[:, :2].sum(1), (start + distance[:, None] * way)[:, 2]
    stripe = np.where((np.abs(height) < 0.16) & (distance < FAR), STRIPE_COLOUR, BOX_COLOUR + 0.02 * np.sin(9 * across))
    return distance, normal @ turn.T, stripe


def hit_table(origins: Array, rays: Array) -> tuple[Array, Array, Array]:
    with np.errstate(divide="ignore"):
        distance = -origins[:, 2] / rays[:, 2]
    distance = np.where(distance > 0, distance, FAR)
    x, y = (np.clip(origins + distance[:, None] * rays, -50, 50))[:, :2].T
    board = np.floor(y / 0.9)
    grain = np.sin(14 * y + 2.5 * np.sin(1.3 * x + 4 * board)) * 0.5 + np.sin(37 * y + 3 * np.sin(0.9 * x + board)) * 0.5
    gap = np.abs(y / 0.9 - board - 0.5) > 0.475
    return distance, np.tile([0.0, 0.0, 1.0], (len(rays), 1)), (0.42 + 0.05 * grain + 0.05 * np.sin(9 * board)) * (1 - 0.5 * gap)


def hit_wall(origins: Array, rays: Array) -> tuple[Array, Array, Array]:
    with np.errstate(divide="ignore"):
        distance = (WALL_AT - origins[:, 1]) / rays[:, 1]
    return np.where(distance > 0, distance, FAR), np.tile([0.0, -1.0, 0.0], (len(rays), 1)), np.full(len(rays), WALL_COLOUR)


def unit(vectors: Any) -> Array:
    """The same directions with length 1."""
    vectors = np.asarray(vectors, dtype=np.float64)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def digit() -> Image.Image | None:
    """Greyscale, 28 x 28; none without scikit-learn."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        return None
    ink = np.pad(load_digits().images[DIGIT], 1) / 16  # 8 x 8, values 0 to 16, and a margin
    small = Image.fromarray((ink * 255).round().astype(np.uint8))
    large = np.asarray(small.resize((DIGIT_SIDE, DIGIT_SIDE), Image.Resampling.LANCZOS))
    return Image.fromarray(np.where(large < FAINTEST, 0, large).astype(np.uint8))


def main() -> None:
    """Writes both pictures beside this file."""
    for name, picture in (("photo.png", photo()), ("digit.png", digit())):
        if picture is None:
            print(f"{name} stays as it is: it takes scikit-learn to make it")
            continue
        picture.save(FOLDER / name, optimize=True)
        print(f"{name}: {picture.width} x {picture.height}")


if __name__ == "__main__":
    main()
