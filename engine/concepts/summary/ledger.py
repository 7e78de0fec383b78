"""The ledger of one network: its lines, and every number in it with how it is had."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.concepts.summary.counts import dense_figure, left_over, numel, parameter_figure, work_figure
from engine.concepts.summary.field import Fields, alike, by_rule, has_field, inside, seen, slides
from engine.concepts.summary.ran import Ran, ran
from engine.concepts.summary.sizes import SizePlaces, size_figures, windows
from engine.concepts.summary.step import Entered, Factor, Figure, LedgerLine, LedgerPage
from engine.errors import CheckError, InputError
from engine.network.placed import Placed
from engine.numbers import written

#: Layers beside which a fully connected one may stand.
CONVOLVED = ("conv1d", "conv2d", "conv_transpose2d")
#: Kinds of figures that are all sizes.
SIZES = {"features": "size", "flat": "size"}
PERCENT = Factor(100, "percent")
#: Whole numbers up to here are exact.
MOST = 2**53


@dataclass
class NetworkLedger:
    """``figures`` are in the order of steps. Of several networks ``before`` stands before the paths of one, ``place`` is its cell in a sum.

    With ``dense`` every convolution has the weights of a fully connected layer between the same sizes beside its own.
    """

    ran: list[Ran]
    shape: tuple[int, ...]
    before: str
    place: tuple[int, ...] = ()
    dense: bool = False
    figures: list[Figure] = field(default_factory=list)
    inputs: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    @classmethod
    def of(cls, network: Sequence[Placed], before: str = "", place: tuple[int, ...] = (), *, dense: bool = False) -> NetworkLedger:
        """That of layers in their places."""
        found = cls(ran(network), network[0].given, before, place, dense)
        found._fill()
        return found

    def _fill(self) -> None:
        self._follow()
        self.figures += self._ending()
        if not self.figures:
            raise InputError("layers change no size and have no parameters; give some that do, such as 'linear(10)'")
        large = next((one for one in self.figures if one.value > MOST), None)
        if large is not None:
            of = f" of {self.ran[large.line].name}" if large.line >= 0 else ""
            raise InputError(f"{large.kind}{of} is {large.value:.3g}, more than 2**53; give smaller sizes")
        self._check_counts()
        self._check_fields()

    def _follow(self) -> None:
        """Goes from line to line."""
        places = SizePlaces(
            [Factor(size, "size", f"{self.before}input_size", (axis,)) for axis, size in enumerate(self.shape)],
            [],
            self.inputs,
            self.before,
        )
        states = {-1: (places.origins, self._fields(places))}
        for number, line in enumerate(self.ran):
            origins, before = states[line.source][0], states[line.looked][1]
            places.origins, places.beside = list(origins), list(states[number - 1][0])
            fields = before and before.copy()
            self.figures += size_figures(line, number, places)
            self._check(line, places)
            counted = parameter_figure(line, number, self.before), work_figure(line, number, self.before, origins, places.origins)
            self.figures += filter(None, counted)
            self.figures += [dense_figure(number, self.before, origins, places.origins)] if self.dense and line.kind in CONVOLVED else []
            self.figures += fields.figures(line, number, places) if fields else []
            states[number] = places.origins, fields

    def _fields(self, places: SizePlaces) -> Fields | None:
        if not has_field(self.ran):
            return None
        size = places.origins[-len(slides(self.ran)[0]) :]
        return Fields.start(size[:1] if alike(self.ran) and len({one.value for one in size}) == 1 else size)

    def _ending(self) -> Iterator[Figure]:
        """What all counts add up to, and the share of each."""
        parameters = self.of_kind("parameters")
        if parameters:
            blocks, terms = tuple(self.ran[one.line].name for one in parameters), tuple((self._count(one),) for one in parameters)
            yield Figure(kind="total", path="total", cell=self.place, line=-1, terms=terms, blocks=blocks)
            whole = Factor(sum(one.value for one in parameters), "total", "total", self.place)
            for one in parameters:
                share, path = (self._count(one), PERCENT), f"{self.before}share"
                yield Figure(kind="share", path=path, cell=one.cell, line=one.line, terms=(share,), divisor=whole)

    def _count(self, one: Figure) -> Factor:
        return Factor(one.value, self.ran[one.line].name, one.path, one.cell)

    def of_kind(self, kind: str) -> list[Figure]:
        """All figures of one kind."""
        return [one for one in self.figures if one.kind == kind]

    def _check(self, line: Ran, places: SizePlaces) -> None:
        sizes = tuple(int(origin.value) for origin in places.origins)
        if sizes != line.made:
            raise CheckError(f"the rule gives {sizes} for {line.name}, torch gives {line.made}")

    def _check_counts(self) -> None:
        """Compares counts with those of the modules."""
        for one in self.of_kind("parameters"):
            if one.value != numel(self.ran[one.line]):
                raise CheckError(f"{self.ran[one.line].name} has {numel(self.ran[one.line])} parameters, not {one.value}")
        for one in self.of_kind("multiply_adds"):
            if one.value != self.ran[one.line].products:
                raise CheckError(f"{self.ran[one.line].name} has {self.ran[one.line].products} multiply-adds, not {one.value}")

    def _check_fields(self) -> None:
        """Compares the field of the last window with gradients."""
        lines = [line for line in self.ran if windows(line)]
        if not has_field(self.ran) or any(line.source != number - 1 for number, line in enumerate(self.ran)):
            return
        found, size = [windows(line) for line in lines], lines[0].given[-len(windows(lines[0])) :]
        for axis, cells in enumerate(seen(found, size)):
            along = [one[axis] for one in found]
            if inside(along, size[axis]) and cells != by_rule(along):
                raise CheckError(f"the rule gives a field of {by_rule(along)}, gradients {cells}")

    def page(self, first: int) -> LedgerPage:
        """All lines as they are written; ``first`` is the step of the first figure."""
        entered = [(one.line, Entered(SIZES.get(one.kind, one.kind), one.axis, first + k, text(one))) for k, one in enumerate(self.figures)]
        own: dict[int, list[Entered]] = {}
        for line, one in entered:
            own.setdefault(line, []).append(one)
        return LedgerPage(
            before=self.before,
            shape=self.shape,
            sizes=tuple(map(str, self.shape)),
            lines=tuple(self._line(line, own.get(number, [])) for number, line in enumerate(self.ran)),
            entered=tuple(own.get(-1, [])),
        )

    def _line(self, line: Ran, entered: Sequence[Entered]) -> LedgerLine:
        settings = self.inputs.get(line.name, {})
        return LedgerLine(
            name=line.name,
            kind=line.kind,
            source=line.source,
            given=line.given,
            made=line.made,
            weights=line.weights,
            settings=tuple((name, tuple(values)) for name, values in settings.items()),
            windows=tuple((one.kernel, one.stride, one.pads[0], one.dilation) for one in windows(line)),
            left_over=left_over(line),
            sizes=tuple(map(str, line.made)),
            entered=tuple(entered),
        )


def text(figure: Figure) -> str:
    """The number as it is written on the strip."""
    terms = [tuple(float(factor.value) for factor in term) for term in figure.terms]
    return written(terms, float(figure.value), "sum", figure.divisor.value if figure.divisor else 1, figure.apply).value
