from __future__ import annotations

import pytest

from engine.errors import InputError
from studio.lecture.words import Paragraph, formula, paragraphs


def test_paragraphs_and_items() -> None:
    found = paragraphs("One line\nand its end.\n\n- first\n- second,\n  longer\n\nLast.")
    assert [(words.plain, words.is_item) for words in found] == [
        ("One line and its end.", False),
        ("first", True),
        ("second, longer", True),
        ("Last.", False),
    ]
    assert paragraphs(" \n\n ") == []


def test_formulas_and_dollars() -> None:
    (words,) = paragraphs('For $$5: $n - k + "one"$ cells.')
    assert words.pieces == (("For ", False), ("$", False), ("5: ", False), ('n - k + "one"', True), (" cells.", False))
    assert words.plain == "For $5: n - k + one cells."


@pytest.mark.parametrize("text", ['#read("x")', "*bold* _it_ `raw`", 'a "quoted" \\ b', "= heading", "<label> @ref // no", "</script>"])
def test_text_is_a_string_for_typst(text: str) -> None:
    words = Paragraph(((text, False),))
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert words.typst == f'#"{escaped}";'


@pytest.mark.parametrize(
    "text",
    [
        "It costs $5 and $10",
        "$5-$10, $5/$6",
        "5 $ or 10$ for $.50",
        "$ 5, $−3 and US$1,000.50",
        "$5 or 10$",
        "1,000.50$ (not 3 $!)",
    ],
)
def test_money_is_no_formula(text: str) -> None:
    (words,) = paragraphs(text)
    assert not any(is_formula for _, is_formula in words.pieces)
    assert words.plain == text


def test_money_beside_formulas() -> None:
    (words,) = paragraphs(r'For $5 you get $x_1$, $2 n + 1$ or $"a $ b" \$$.')
    assert [text for text, is_formula in words.pieces if is_formula] == ["x_1", "2 n + 1", r'"a $ b" \$']
    assert words.pieces[:2] == (("For ", False), ("$", False))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("costs $x", r"has a \$ without a second one in 'costs \$x'; write formulas as"),
        ("$x$ and $", r"has a \$ without a second one"),
        ("$ x + y $", r"has a \$ without a second one"),
        ('$x\\$ a $"#panic(`boom`.text)"$ b $y\\$ c', r"has a \$ without a second one"),
        ('$#read("x")$', r"has '#' at character 1 of the formula '#read\(\"x\"\)'; no code is run"),
        ("$x // y$", r"has '//' at character 3 of the formula"),
        ("$x /* y$", r"has '/\*' at character 3 of the formula"),
        ("x" * 6000, r"has 6,000 characters; give at most 5,000"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        paragraphs(text)


def test_a_formula_stands_on_one_line() -> None:
    assert formula('"#1 // $"\n + x') == '"#1 // $" + x'
    assert formula("") == ""
    with pytest.raises(InputError, match="has '#' at character 5"):
        formula('"a" #x "b"')
