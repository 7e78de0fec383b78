"""A 3x3 convolution of a 6x6 input in plain Manim, the way a Manim user writes it. `render.py` measures against it; nothing else uses it.

manim render --resolution 1920,1080 --fps 60 benchmarks/plain_manim.py Convolution
"""

from manim import (
    BLUE,
    DOWN,
    GREEN,
    ORANGE,
    RIGHT,
    UP,
    YELLOW,
    Create,
    FadeIn,
    FadeOut,
    Scene,
    Square,
    SurroundingRectangle,
    Text,
    VGroup,
)

INPUT = [
    [2, 0, 1, 3, -1, 4],
    [1, 5, -2, 0, 2, 1],
    [0, 3, 6, 1, -3, 2],
    [4, -1, 2, 7, 0, 1],
    [1, 2, 0, -2, 5, 3],
    [3, 0, 1, 2, 1, -4],
]
KERNEL = [[1, 0, -1], [2, 0, -2], [1, 0, -1]]
SIDE = 0.8


def grid(rows: list[list[int | None]], colour: str) -> VGroup:
    """Cells of a matrix, each a square with a number in it."""
    cells = VGroup()
    for row in rows:
        for value in row:
            square = Square(side_length=SIDE, color=colour)
            cells.add(VGroup(square) if value is None else VGroup(square, Text(str(value), font_size=30)))
    return cells.arrange_in_grid(rows=len(rows), buff=0)


class Convolution(Scene):
    """23 seconds: 3.5 for the opening, one for each of the 16 windows, 3.5 for the end."""

    def construct(self) -> None:
        input_grid = grid(INPUT, BLUE)
        kernel_grid = grid(KERNEL, ORANGE)
        output_grid = grid([[None] * 4 for _ in range(4)], GREEN)
        VGroup(input_grid, kernel_grid, output_grid).arrange(RIGHT, buff=0.9).shift(0.4 * UP)
        labels = VGroup(
            *(
                Text(name, font_size=30).next_to(cells, UP)
                for name, cells in (("input", input_grid), ("weight", kernel_grid), ("output", output_grid))
            )
        )
        self.play(FadeIn(input_grid), FadeIn(kernel_grid), Create(output_grid), FadeIn(labels), run_time=1.0)
        self.wait(2.5)
        window, formula = None, None
        for row in range(4):
            for column in range(4):
                cells = [(row + i, column + j) for i in range(3) for j in range(3)]
                target = SurroundingRectangle(VGroup(*(input_grid[6 * r + c] for r, c in cells)), color=YELLOW, buff=0)
                if window is None:
                    window = target
                    self.play(Create(window), run_time=0.3)
                else:
                    self.play(window.animate.move_to(target), run_time=0.3)
                products = [(INPUT[r][c], KERNEL[r - row][c - column]) for r, c in cells]
                value = sum(a * b for a, b in products)
                text = " + ".join(f"{a}·{b}" if b >= 0 else f"{a}·({b})" for a, b in products)
                next_formula = Text(f"{text} = {value}", font_size=30).to_edge(DOWN)
                animations = [FadeIn(next_formula)]
                if formula is not None:
                    animations.append(FadeOut(formula))
                self.play(*animations, run_time=0.2)
                formula = next_formula
                result = Text(str(value), font_size=30).next_to(formula[-1], UP)
                self.play(result.animate.move_to(output_grid[4 * row + column]), run_time=0.2)
                self.wait(0.3)
        self.wait(3.5)
