from __future__ import annotations

import pytest

from studio.lecture.words import Words, formula, paragraphs


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
    words = Words(((text, False),))
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    assert words.typst == f'#"{escaped}";'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("costs $5", r"has a \$ without a second one"),
        ("$x$ and $", r"has a \$ without a second one"),
        ('$#read("x")$', r"has '#' in a formula"),
        ("$x // y$", r"has '//' in a formula"),
        ("$x /* y$", r"has '/\*' in a formula"),
    ],
)
def test_what_is_refused(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        paragraphs(text)


def test_a_formula_may_have_words_with_anything_in_them() -> None:
    assert formula('"#1 // $"\n + x') == '"#1 // $" + x'
    with pytest.raises(ValueError, match="has '#'"):
        formula('"a" #x "b"')
    with pytest.raises(ValueError, match="has '#'"):
        formula(r'\" #read("x")')
    with pytest.raises(ValueError, match=r"has '\$'"):
        formula("x$ y $z")
    assert formula(r"\# x") == r"\# x"
