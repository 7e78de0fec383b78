"""The grammar of formulas: as Typst itself sets them where it may, refused where more than mathematics is meant."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine
from engine.errors import InputError
from scenes.parts import press
from scenes.parts.formula import MOST_CHARACTERS, typst_math
from scenes.parts.mathnames import ALIASES, FUNCTIONS, NAMES, SHORTHANDS, SYMBOLS

ONES = r"""
x
2x+1
y_(i j) = sum_(a, b) w_(a b) dot x_(i + a, j + b)
floor((n + 2 p - k) / s) + 1
"output" = op("softmax")((Q K^T) / sqrt(4) + M) V
"head"_h = op("softmax")(Q_h K_h^T) V_h, quad "output" = ["head"_0 dots.c "head"_3] W_o^T
i, f, o = sigma(W_(i h) x_t + b), quad g = tanh(...), quad c_t = f dot.c c_(t-1) + i dot.c g
partial c_t = partial h_t dot.c o_t (1 - tanh^2 c_t) + partial c_(t+1) dot.c f_(t+1)
(partial "out") / (partial x) = sum_(v "reads" x) (partial "out") / (partial v) dot (partial v) / (partial x)
"grad_input"_x = sum_("windows around" x) "grad_output" / "cells of the window"
mat(1, 2; 3, 4) vec(a, b, c) cases(1 "if" x > 0, 0 "else") binom(n, k)
mat(delim: "[", 1, 2; 3, 4) + vec(delim: "‖", 1)
hat(x) + tilde(y) bar.v arrow(v) dot(x) dot.double(y) cal(L) bb(R) underbrace(a + b, "sum") overline(x)
f(x)/g(x) a/b/c 1/2x 2(x+1)/3 "f"(x)/2 sqrt(x)(y)/2 n!/(k! (n-k)!) x_f(y) x_i/2 y
x_1^2/y_3 x'/y' + f'(x) f'' sqrt(x)_1 sin(x)_1 x^2_1 + x _1 ^2 W^* + W^+ x^((a)) 'x
[0, 1) + (a, b] (a + [b) x ] } ) {x | x > 0} lr(|x|) + |x|/2 abs(x) norm(x)_2^2 / sqrt(d_k)
a -> b => c != d <= e >= f << g ... - * ~ := || a
lim_(x -> 0) sin(x)/x = 1, max_(i) x_i, O(n log n), integral_0^1 f(x) dif x
e^(-x^2/2) - (a+b)/c + (a/b)/(c/d) ((a+b))/c a (b)/c
a & = b \ & = c
x ∈ ℝ, α ≤ β² → γ
sqrt(x) root(3, x) frac(a, b) "a" b "c" d
1 - x : y ; z @ w ? ` \{ x \} \# \$ \" \\ \_ \/ \^ 5%
alpha beta.alt dots.v max(a, b)/2 alpha(x)/2
""".strip().splitlines()


def typeset(math: str) -> bytes:
    return press.compiler().compile(f"{press.letters()}$ {math} $".encode(), format="svg")


@pytest.mark.parametrize("formula", ONES)
def test_what_is_written_looks_as_typst_would_set_it(formula: str) -> None:
    assert typeset(typst_math(formula)) == typeset(formula)


def test_every_name_and_sign_can_be_set() -> None:
    for name in NAMES:
        least = FUNCTIONS.get(ALIASES.get(name, name), (0, 0))[0]
        formulas = [name] if ALIASES.get(name, name) in SYMBOLS or not least else []
        argument = '"x"' if name == "op" else "x"
        formulas += [f"{name}({', '.join([argument] * least)})"] if least else []
        for formula in formulas:
            assert typeset(typst_math(formula)), formula
            assert press.compiler().compile(f"$ {typst_math(formula)} $".encode(), format="html"), formula
    for sign, shown in SHORTHANDS.items():
        assert typeset(typst_math(f"a {sign} b")) == typeset(f"a {shown} b"), sign
    assert {"a" + sign for sign in SHORTHANDS} == {"a" + sign for sign in sorted(SHORTHANDS, key=len, reverse=True)}


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("#panic(1)", r"has '#' at character 1 of the formula '#panic\(1\)'; no code is run; write \\# for the sign"),
        ("x $ y", r"has '\$' at character 3 .*; write \\\$ for the sign"),
        ("x\\", r"has '\\\\' at character 2"),
        ("x + \\alpha", r"has '\\\\' at character 5 .*; names have none here: alpha, sum, frac\(a, b\)"),
        (r"\u{23}panic()", r"has '\\\\' at character 1"),
        ('a "open', "has '\"' at character 3 .*; close the words with a second one"),
        ("a // b", r"has '//' at character 3"),
        ("a /* b */", r"has '/\*' at character 3"),
        ("std.read(x)", r"has 'std.read' at character 1 .*; no such name is known"),
        ("alhpa", r"has 'alhpa' .* \(did you mean alpha\?\): put words in quotes, and spaces between letters"),
        ("x2", "has 'x2' .*; no such name is known"),
        ("eval(x)", "has 'eval'"),
        ("attach(x, t: y)", "has 'attach'"),
        ("sqrt x", r"has 'sqrt' without brackets .*; write sqrt\(x\)"),
        ("sqrt(a, b)", r"has sqrt with 2 parts .*; it takes 1,"),
        ("sqrt()", r"has sqrt with 0 parts"),
        ("sqrt(a]", r"has sqrt\( without \)"),
        ("vec(a; b)", r"has vec with 2 parts"),
        ('mat(delim: "x", 1)', r"has another delim .*; give one of"),
        ("op(x)", r"has an op of something else than words"),
        ("_x", r"has '_' with nothing before it"),
        ("x_", r"has nothing behind a '_'"),
        ("x_1_2", r"has a second '_' .*; write brackets"),
        ("x^-1", r"has a sign without brackets, '-', .*; write x\^\(-1\)"),
        ("/ x", r"has '/' with nothing before it"),
        ("x /", r"has a / with nothing below it"),
        ("x\u0301", r"has '\u0301' .*; it is no letter and no sign; write accents as hat\(x\)"),
        ("x\u200by", r"has '\\u200b'"),
        ("a\x00", r"has '\\x00'"),
        ("(" * 40 + ")" * 40, r"has more than 12 brackets within each other"),
        ("a/b/c/d/e/f", r"has more than 4 fractions in a row"),
        ("x" * 1001, r"has a formula of 1,001 characters; give at most 1,000"),
        ("  ", r"has nothing at character 1 of the formula ''"),
    ],
)
def test_what_is_refused(formula: str, message: str) -> None:
    with pytest.raises(InputError, match=f"^{message}"):
        typst_math(formula)


@pytest.mark.parametrize("text", ['"', "\\", '\\"#x', "$", "#panic()", "</p>", "\\u{41}", "猫 👍", "a\nb"])
def test_words_are_as_they_are(text: str) -> None:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    written = typst_math(f'"{escaped}" = 1')
    assert written == f'"{escaped}"'.replace("\n", " ") + r" \= 1"
    page = press.compiler().compile(f"#{press.quoted(text)}".encode(), format="html").decode()
    assert text.replace("\n", " ") in page.replace("&lt;", "<").replace("&amp;", "&").replace("&quot;", '"').replace("&#39;", "'")


def test_numbers_are_as_they_are_shown() -> None:
    assert typst_math("1e−10 + 0.5 dot nan - ∞") == r'"1e−10" \+ 0.5 dot "nan" \− \∞'


@pytest.mark.parametrize(
    "trace",
    [
        lambda: engine.conv2d([[1, -2e-9], [3e12, 4]], [[1, 0.5]], padding=1),
        lambda: engine.backprop("z = w**2/x + 猫; L = log(z)@z.T", {"w": [[1.5]], "x": [[2]], "猫": [[1]]}),
        lambda: engine.attention(tokens='$ # " \\ `x` </p>'),
        lambda: engine.lstm([[1.0]], [[1.0]] * 4, [[1.0]] * 4),
        lambda: engine.max_pool2d([[1, float("-inf")], [3, 4]], 2),
    ],
    ids=["conv2d", "backprop", "attention", "lstm", "max_pool2d"],
)
def test_the_formulas_of_a_trace_are_such(trace: object) -> None:
    opened = trace()
    for formula in {opened.formula, *(step.formula for step in opened)}:
        assert typeset(typst_math(formula))


# --- limits ------------------------------------------------------------------------------------------------------------------------------


def nested(deep: int, pattern: str) -> str:
    return "x" if deep == 0 else pattern.format(nested(deep - 1, pattern))


@pytest.mark.parametrize(
    "formula",
    [
        nested(11, "sqrt({})"),
        nested(11, "x^({})"),
        nested(11, "mat({}, 1; 2, 3)"),
        nested(11, "underbrace({}, y)"),
        nested(7, "({0})/({0})"),
        nested(6, "binom({0}, {0})"),
        nested(6, "x_({0})^({0})"),
        "mat(" + ", ".join(["1"] * 320) + ")",
        "mat(" + "; ".join(["1"] * 320) + ")",
        "(" * 999,
        "x'" + "'" * 990,
        r"\ x" * 300 + " y",
    ],
    ids=lambda formula: formula[:12],
)
def test_whatever_fits_is_small(formula: str) -> None:
    """What is written is a few times what was given, and so is what Typst makes of it: nothing in the grammar repeats anything."""
    assert len(formula) <= MOST_CHARACTERS
    written = typst_math(formula)
    assert len(written) < 4 * len(formula) + 40
    assert len(typeset(written)) < 400 * len(formula) + 20_000


# --- nothing from outside ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """What is asked of the network."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    asked.append(connection.recv(200))

        threading.Thread(target=answer, daemon=True).start()
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.getsockname()[1]}")
        for name in ("no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        yield asked


def test_typst_reads_no_files_and_text_loads_no_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, network: list[bytes]) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "secret.txt").write_text("secret")
    with pytest.raises(RuntimeError, match=r"Not a directory|cannot find the path"):
        press.compiler().compile(b'#read("secret.txt")', format="svg")
    package = '#import "@preview/example:0.1.0": *'
    typeset(typst_math(press.quoted(package)))
    with pytest.raises(InputError):
        typst_math(package)
    assert network == []
    # The trap itself springs.
    with pytest.raises(RuntimeError, match="failed to download"):
        press.compiler().compile(package.encode(), format="svg")
    assert b"packages.typst.org" in network[0]
