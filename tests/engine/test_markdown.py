from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from engine import attention
from engine.paper.markdown import as_code, escaped, table
from engine.paper.sheet import markdown_pieces

MARKDOWN = MarkdownIt("gfm-like", {"linkify": False, "typographer": False})
SIGNS = st.text(st.sampled_from("ab 1.)(#*_`|~<>[]!:\\&;-+=$\"'/\n\t{}^@é"), max_size=40)
HOSTILE = [
    "# no heading",
    "1. no list",
    "12) no list",
    "- no list",
    "+ no list",
    "> no quotation",
    "=====",
    "---",
    "*b* **b** _i_ __b__ ~~s~~ `c`",
    "a_b_c and __init__",
    "[x](javascript:alert(1)) ![x](http://x.de/a.png)",
    "[x]: http://x.de",
    "<script>alert(1)</script> <!-- x --> <https://x.de>",
    "&lt;b&gt; &amp; &#35;",
    "a | b || c",
    "back\\slash \\* \\",
    "``` fence",
    "~~~ fence",
    "    code",
    "line\n\n# heading\n| a |\n|---|\nline",
    "output[0, 1, 2] = −23, x̂ ≈ 2·3",
    '$x$ #read("/etc/passwd")',
]


def text(markup: str) -> str:
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def shown(word: str) -> str:
    return " ".join(word.split())


@given(SIGNS)
def test_any_text_is_read_as_it_is(word: str) -> None:
    assert MARKDOWN.render(escaped(word)) == (
        f"<p>{html.escape(shown(word), quote=False).replace(chr(34), '&quot;')}</p>\n" if word.split() else ""
    )


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_texts(word: str) -> None:
    paragraph = MARKDOWN.render(escaped(word))
    assert re.fullmatch(r"<p>[^<]*</p>\n", paragraph)
    assert text(paragraph).strip() == shown(word)
    heading = MARKDOWN.render(f"## {escaped(word)}\n")
    assert re.fullmatch(r"<h2>[^<]*</h2>\n", heading)
    assert text(heading).strip() == shown(word)
    item = MARKDOWN.render(f"- **Step 1.** {escaped(word)}  \n  {as_code(word)}\n")
    assert re.fullmatch(r"<ul>\n<li><strong>Step 1.</strong> [^<]*<br />\n<code>[^<]*</code></li>\n</ul>\n", item)
    assert text(item).strip() == f"Step 1. {shown(word)}\n{shown(word)}"


def test_words_with_underscores_stay_readable() -> None:
    assert escaped("grad_output[0, 1] and z_1 (x − 2) = 3.5!") == "grad_output[0, 1] and z_1 (x − 2) = 3.5!"


@given(st.lists(st.lists(SIGNS, min_size=2, max_size=2), min_size=1, max_size=4))
def test_tables(rows: list[list[str]]) -> None:
    markup = MARKDOWN.render(table(["a", "b"], [[escaped(cell) for cell in row] for row in rows]))
    cells = re.findall(r"<td[^>]*>(.*?)</td>", markup, re.DOTALL)
    assert [html.unescape(cell) for cell in cells] == [shown(cell) for row in rows for cell in row]


@pytest.mark.parametrize("tokens", ["<img/src=x> *b* _i_ `c`", "| # [x](a:b) \\", "``a` &lt; ~~s~~"])
def test_a_worksheet_holds_tokens_as_they_are(tokens: str) -> None:
    trace = attention(tokens=tokens)
    page = MARKDOWN.render("".join(markdown_pieces(trace, range(len(trace)))))
    assert not set(re.findall(r"<(\w+)", page)) & {"img", "em", "a", "s"}
    for word in tokens.split():
        assert f"“{html.escape(word, quote=False)}”" in page
