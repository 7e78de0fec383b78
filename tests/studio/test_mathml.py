from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

import engine
from scenes.parts import press
from studio.mathml import mathml


def texts(markup: str) -> list[tuple[str, str]]:
    """Elements with text in them, by an XML parser."""
    return [(one.tag, one.text or "") for one in ElementTree.fromstring(markup).iter() if one.text]


def test_a_formula_is_structured() -> None:
    (found,) = mathml(['"output" = (1 + x_2) / sqrt(4)'])
    root = ElementTree.fromstring(found)
    assert root.tag == "math"
    assert root.find("mfrac/msqrt/mn") is not None
    assert [one.text for one in root.iterfind("mfrac/mrow/msub/*")] == ["𝑥", "2"]
    assert ("mtext", "output") in texts(found)


def test_the_formulas_of_a_trace_are_set() -> None:
    trace = engine.conv2d([[1, -2], [3, 4]], [[1, 0]], padding=1)
    formulas = [trace.formula, *(step.formula for step in trace)]
    found = mathml(formulas)
    assert len(found) == len(formulas)
    for formula, markup in zip(formulas, found, strict=True):
        assert len(ElementTree.fromstring(markup)) > 3, formula
        assert ("mtext", formula.split('"')[1]) in texts(markup)


def test_one_that_is_wrong_does_not_harm_the_others() -> None:
    formulas = [f"x_{k}" for k in range(20)]
    formulas[13] = "x_(1 + nosuchfunction(2)"
    found = mathml(formulas)
    assert all(("mn", str(k)) in texts(markup) for k, markup in enumerate(found) if k != 13)
    assert texts(found[13]) == [("mtext", formulas[13])]


def test_all_are_compiled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    whole = press.compiler
    monkeypatch.setattr(press, "compiler", lambda **named: started.append(named) or whole(**named))
    found = mathml([f"x_{k}" for k in range(100)])
    assert [texts(markup)[-1] for markup in found] == [("mn", str(k)) for k in range(100)]
    assert len(started) == 1
    assert mathml([]) == []


@pytest.mark.parametrize(
    "text",
    [
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        'a \\" b',
        "#read(1)",
        "$x$",
        "</p><p data-formula>",
        "{{film}} &amp;",
    ],
)
def test_a_text_within_a_formula_stays_one(text: str) -> None:
    escaped = text if "\\" in text else text.replace('"', '\\"')
    (found,) = mathml([f'"{escaped}" = 1'])
    shown = "".join(content for tag, content in texts(found) if tag == "mtext")
    assert shown.replace("\u00a0", " ") == text.replace('\\"', '"')
    assert ElementTree.fromstring(found).tag == "math"


@pytest.mark.parametrize(
    "formula",
    [
        '#html.elem("script", "alert(1)")',
        'std.html.elem("script", "alert(1)")',
        'std.read("pyproject.toml")',
        '#import "@preview/example:0.1.0": *',
        "x\\",
        '/* " */ #read("pyproject.toml") /* " */',
        r'\"#read("pyproject.toml")"',
        "x $ #panic() $",
        '"open',
        '"a" // b',
    ],
)
def test_code_is_shown_and_does_nothing(formula: str) -> None:
    (found,) = mathml([formula])
    assert texts(found) == [("mtext", formula)]


def test_brackets_that_close_nothing_stay_within() -> None:
    found = mathml(["x ] } )", "y"])
    assert [ElementTree.fromstring(markup).tag for markup in found] == ["math", "math"]
    assert texts(found[1]) == [("mi", "𝑦")]
