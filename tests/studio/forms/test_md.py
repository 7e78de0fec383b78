from __future__ import annotations

import html
import re
from dataclasses import replace
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

import engine
from engine.catalogue import concepts
from engine.inputs.arguments import open_example
from engine.trace import Trace
from studio.film import Film
from studio.forms import write
from studio.pace import beats
from studio.picture import Picture
from studio.script import BeatMark, Part, Script, joined, script

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})
HOSTILE = '*b* | <script>alert("x")</script> `c` # x $x$ #read("/etc/passwd") \\ [a](b)\n\n# heading'
SHOWN = " ".join(HOSTILE.split())


def scripted(trace: Trace, name: str = "clip", seconds: float | None = None) -> Script:
    return script(trace, beats(trace, seconds=seconds, fps=10), Picture.of("480p", 10, "dark"), name=name)


def sheets(script: Script, traces: dict[str, Trace], folder: Path) -> tuple[str, str]:
    """The worksheet with the steps worked out and the one with blanks, as HTML."""
    write(["md"], Film(folder / "no.mp4", script, traces), folder / "sheet", {})
    assert {file.name for file in folder.iterdir()} == {"sheet.md", "sheet-blank.md"}
    pages = [MARKDOWN.render((folder / name).read_text(encoding="utf-8")) for name in ("sheet.md", "sheet-blank.md")]
    return pages[0], pages[1]


def text(markup: str) -> str:
    """Without markup; a space is a space, whether a line may end there or not."""
    return html.unescape(re.sub(r"<[^>]*>", "", markup)).replace("\u00a0", " ")


def tables(page: str) -> dict[str, list[list[str]]]:
    """The rows below each heading, without the numbers of rows and columns."""
    found = {}
    for heading, table in re.findall(r"<h[34]>([^<]*)</h[34]>\s*<table>(.*?)</table>", page, re.DOTALL):
        rows = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)]
        found[heading] = [[html.unescape(cell).strip() for cell in row if "<strong>" not in cell] for row in rows if row]
    return found


@pytest.fixture(scope="module")
def trace() -> Trace:
    return engine.conv2d([[1, 3, -2, 4], [0, 8, 6, 5], [2, 1, -9, 0], [4, -1, 3, 7]], [[1, 2], [-2, -1]], [0.5])


def test_worked_out(trace: Trace, tmp_path: Path) -> None:
    said = scripted(trace)
    page, _ = sheets(said, {"clip": trace}, tmp_path)
    assert page.startswith("<h1>2-D convolution</h1>")
    assert trace.opening in text(page)
    assert trace.closing in text(page)
    assert "torch.nn.functional.conv2d" in text(page)
    single = [mark for mark in said.marks if mark.stop - mark.start == 1]
    assert len(single) > 4
    for mark in single:
        assert f"Step {mark.stop}. {mark.say}\n{mark.lines[0]}" in text(page)
    found = tables(page)
    assert found["input 1×4×4"][0] == ["1", "3", "−2", "4"]
    assert [[float(cell.replace("−", "-")) for cell in row] for row in found["output 1×3×3"]] == trace.outputs["output"][0].tolist()


def test_what_is_swept_is_said(tmp_path: Path) -> None:
    trace = engine.conv1d(list(range(60)), [1, 2])
    said = scripted(trace, seconds=12)
    (sweep,) = (mark.say for mark in said.marks if mark.kind == "sweep")
    for page in sheets(said, {"clip": trace}, tmp_path):
        assert f"<li>{sweep}</li>" in page
        assert len(re.findall("<li>", page)) == sum(mark.kind in ("full", "quick", "sweep") for mark in said.marks) < 15


def test_blanks(trace: Trace, tmp_path: Path) -> None:
    said = scripted(trace)
    worked, page = sheets(said, {"clip": trace}, tmp_path)
    assert tables(page)["input 1×4×4"] == tables(worked)["input 1×4×4"]
    cells = [cell for row in tables(page)["output 1×3×3"] for cell in row]
    assert len(cells) == 9
    assert not any(cells)
    assert trace.closing not in text(page)
    assert "torch.nn.functional.conv2d" in text(page)
    items = [text(item) for item in re.findall(r"<li>(.*?)</li>", page, re.DOTALL)]
    steps = [mark for mark in said.marks if mark.kind in ("full", "quick", "sweep")]
    for item, mark in zip(items, steps, strict=True):
        if mark.stop - mark.start == 1:
            assert item.startswith(f"Step {mark.stop}. Rows ")
            assert item.endswith(" = ____")
            # Only what is shown term by term in the clip is given term by term here.
            assert (re.search(r"\d·", item) is not None) == (mark.kind == "full")


@pytest.mark.parametrize("name", concepts())
def test_no_result_is_given_away(name: str, tmp_path: Path) -> None:
    trace = open_example(name)
    said = scripted(trace, seconds=40)
    worked, page = sheets(said, {"clip": trace}, tmp_path)
    assert [line for line in worked.splitlines() if line.startswith("<h")] == [line for line in page.splitlines() if line.startswith("<h")]
    # Of a play every act has results; what the next one is given stands below its heading.
    results = [piece.partition("<h2>")[0] for piece in re.split(r"Results</h[23]>", page)[1:]]
    assert results
    assert not any(cell for piece in results for table in tables(piece).values() for row in table for cell in row)
    for item in re.findall(r"<li>(.*?)</li>", page, re.DOTALL):
        assert re.search(r"[=≈] ____$", text(item)) or re.search(r"follow in the same way|in one sweep|that were shown", item)
    for mark in said.marks:
        if mark.stop - mark.start == 1:
            assert mark.say in text(worked)
            assert mark.say not in text(page)


def test_several_parts(trace: Trace, tmp_path: Path) -> None:
    other = engine.conv1d([1, 2, 3], [1, -1])
    card = Script("", "", 10, 854, 480, "dark", (Part("A card", "card", "", 0, (BeatMark("card", "A card", "On 3 | 4.", 0, 20, 0, 0),)),))
    whole = joined("A lecture", "", [scripted(trace, "one"), card, scripted(other, "two")])
    worked, page = sheets(whole, {"one": trace}, tmp_path)
    for found in (worked, page):
        assert re.findall(r"<h2>(.*?)</h2>", found) == ["2-D convolution", "A card", "1-D convolution"]
        assert re.findall(r"<h3>(.*?)</h3>", found) == ["Given", "Steps: output", "Results"]
        assert "<p>On 3 | 4.</p>" in found
    (step,) = (mark for mark in whole.parts[2].marks if mark.start == 1 and mark.stop == 2)
    assert f"<p>{step.say}</p>" in worked
    assert step.say not in page
    assert step.say.rpartition(" = ")[0] in text(page)
    assert other.closing in worked
    assert other.closing not in page


def test_texts_are_no_markup(trace: Trace, tmp_path: Path) -> None:
    said = scripted(trace)
    (part,) = said.parts
    marks = tuple(replace(mark, say=HOSTILE, phase=HOSTILE) for mark in part.marks)
    hostile = replace(
        said, title=HOSTILE, parts=(replace(part, title=HOSTILE, marks=marks), replace(part, title=HOSTILE, name="other", marks=marks))
    )
    named = replace(trace, opening=HOSTILE, closing=HOSTILE, inputs={HOSTILE: trace.inputs["input"]})
    for page in sheets(hostile, {"clip": named}, tmp_path):
        assert set(re.findall(r"<(\w+)", page)) <= {
            "h1",
            "h2",
            "h3",
            "h4",
            "p",
            "ul",
            "li",
            "strong",
            "br",
            "code",
            "table",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
        }
        assert f"<h1>{html.escape(SHOWN)}</h1>".replace("&#x27;", "'") in page
        assert text(page).count(SHOWN) > 10
        assert len(re.findall("<h1>", page)) == 1
        assert "href" not in page


def test_large_tensors_are_named(tmp_path: Path) -> None:
    trace = engine.conv2d([[float(i + j) for i in range(40)] for j in range(40)], [[1, 2], [3, 4]])
    for page in sheets(scripted(trace, seconds=10), {"clip": trace}, tmp_path):
        assert "(1,600 values)" in page
        assert "(1,521 values)" in page
        assert len(page) < 10_000
