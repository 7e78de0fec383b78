"""The names that a formula may hold: symbols, operators and functions of Typst math. What is not here is refused.

Source: Typst, "Math" and "General Symbols"; every name is set once by a test.
"""

from __future__ import annotations

#: Symbols with the variants that stand behind a dot.
_SYMBOLS = """
alpha beta beta.alt gamma delta epsilon epsilon.alt zeta eta theta theta.alt iota kappa kappa.alt lambda mu nu xi omicron pi pi.alt rho
rho.alt sigma sigma.alt tau upsilon phi phi.alt chi psi omega
Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho Sigma Tau Upsilon Phi Chi Psi Omega
aleph ell planck partial gradient nabla dif Dif infinity oo
AA BB CC DD EE FF GG HH II JJ KK LL MM NN OO PP QQ RR SS TT UU VV WW XX YY ZZ
plus plus.minus plus.o plus.square minus minus.plus minus.o times times.o times.square div div.o ast ast.op ast.o
dot dot.c dot.o dot.op dot.square star star.op star.filled circle bullet compose without slash percent
dots dots.c dots.h dots.v dots.down dots.up
eq eq.not eq.def eq.triple approx approx.eq approx.not prop tilde tilde.op tilde.eq tilde.not equiv equiv.not
lt lt.eq lt.not lt.double gt gt.eq gt.not gt.double prec prec.eq succ succ.eq
in in.not in.rev subset subset.eq subset.not supset supset.eq union union.big union.plus inter inter.big nothing complement
and and.big or or.big not xor forall exists exists.not therefore because top bot tack tack.r tack.l models perp parallel
sum product product.co integral integral.double integral.triple integral.cont
arrow arrow.r arrow.l arrow.t arrow.b arrow.l.r arrow.t.b arrow.r.long arrow.l.long arrow.l.r.long arrow.r.double arrow.l.double
arrow.l.r.double arrow.r.double.long arrow.l.double.long arrow.t.double arrow.b.double arrow.r.bar arrow.r.hook arrow.l.hook
arrow.r.squiggly arrow.tr arrow.br arrow.tl arrow.bl harpoon.rt harpoon.lt
brace.l brace.r bracket.l bracket.r paren.l paren.r bar.v bar.v.double chevron.l chevron.r ceil.l ceil.r floor.l floor.r
angle degree prime prime.double square square.filled triangle triangle.filled diamond checkmark
quad wide thin med thick
"""
#: Operators: upright words.
_OPERATORS = """
arccos arcsin arctan arg cos cosh cot coth csc csch ctg deg det dim exp gcd lcm hom id im inf ker lg lim liminf limsup ln log max min mod Pr
sec sech sin sinc sinh sup tan tanh tg tr
"""
#: Functions of one argument.
_OF_ONE = """
sqrt abs norm floor ceil round lr mid op hat tilde macron grave acute breve caron dot dot.double dot.triple diaer circle arrow arrow.l
cal scr bb frak mono sans serif bold italic upright display inline script sscript limits scripts cancel
overline underline
"""
#: Functions with the least and the largest number of their arguments.
FUNCTIONS = {
    **dict.fromkeys(_OF_ONE.split(), (1, 1)),
    "frac": (2, 2),
    "root": (2, 2),
    "binom": (2, 8),
    **dict.fromkeys(["underbrace", "overbrace", "underbracket", "overbracket", "underparen", "overparen"], (1, 2)),
    **dict.fromkeys(["vec", "cases"], (1, 64)),
    "mat": (1, 400),
}
#: What stands for a name that Typst has not, or not any more.
ALIASES = {
    "bar": "overline",
    "grad": "nabla",
    "ddot": "dot.double",
    "oo": "infinity",
    "infty": "infinity",
    "prod": "product",
    "nan": '"nan"',
}
ALIASES |= {name: f'op("{name}")' for name in ("argmax", "argmin", "softmax", "relu", "sigmoid")}

SYMBOLS = frozenset([*_SYMBOLS.split(), *_OPERATORS.split()])
NAMES = sorted({*SYMBOLS, *FUNCTIONS, *ALIASES})
#: Functions around which ``delim: "["`` may choose the brackets, and those that may be chosen.
DELIMITED, DELIMITERS = ("mat", "vec", "cases"), ("(", "[", "{", "|", "‖")

#: Signs that Typst has for several characters, the longest first, and for those of a keyboard that stand for others.
SHORTHANDS = {
    "<-->": "⟷", "<==>": "⟺", "-->": "⟶", "<--": "⟵", "==>": "⟹", "<==": "⟸", "<->": "↔", "<=>": "⇔", "|->": "↦", "...": "…",
    "::=": "⩴", ">>>": "⋙", "<<<": "⋘", "~~>": "⟿", "->": "→", "<-": "←", "=>": "⇒", "<=": "≤", ">=": "≥", "!=": "≠", ":=": "≔",
    "=:": "≕", "<<": "≪", ">>": "≫", "~>": "⇝", "||": "‖", "-": "−", "*": "∗", "~": "∼",
}  # fmt: skip
