from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import numpy as np
import pytest
from click.testing import CliRunner
from lxml import etree
from PIL import Image
from pptx import Presentation

from cli import main
from scenes.parts.theme import THEMES, rgb
from studio.film import Film
from studio.forms.pptx import write
from studio.script import BeatMark, Part
from studio.slides import line, slides_of
from tests.studio.forms.decks import FPS, NS, card, check_package, entries, film, frames, marks, same, script, shifted

LENGTHS = [3, 4, 5, 6, 7, 8]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return film(tmp_path_factory.mktemp("film") / "film.mp4", script())


def written(film: Film, folder: Path, **options: Any) -> Any:
    write(film, folder / "deck.v2", **options)
    path = folder / "deck.v2.pptx"
    assert list(folder.iterdir()) == [path]
    check_package(path)
    return Presentation(str(path))


def found(element: Any, query: str) -> list[Any]:
    return etree.ElementBase.xpath(element, query, namespaces=NS)


def shape(slide: Any, name: str) -> Any:
    (one,) = (one for one in slide.shapes if one.name == name)
    return one


def media(slide: Any) -> bytes:
    """The film of a slide; the two relationships lead to the same one."""
    picture = shape(slide, "Film")._element
    (link,), (embedded,) = found(picture, ".//a:videoFile/@r:link"), found(picture, ".//p14:media/@r:embed")
    part = slide.part.related_part(link)
    assert link != embedded
    assert slide.part.related_part(embedded) is part
    assert part.content_type == "video/mp4"
    return part.blob


def poster(slide: Any, name: str = "Film") -> np.ndarray:
    (embedded,) = found(shape(slide, name)._element, ".//a:blip/@r:embed")
    return np.asarray(Image.open(io.BytesIO(slide.part.related_part(embedded).blob)))


# --- which frames are on which slide ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("per", "lengths", "titles"),
    [
        ("phase", [3, 15, 7, 8], ["setup", "filter 0", "filter 1", "result"]),
        ("beat", LENGTHS, ["setup", "filter 0, step 1", "filter 0, step 2", "filter 0, steps 3 to 5", "filter 1, step 4", "result"]),
    ],
)
def test_the_slides_are_the_film(clip: Film, tmp_path: Path, per: Any, lengths: list[int], titles: list[str]) -> None:
    deck = written(clip, tmp_path, slides_per=per)
    whole = frames(clip.path)
    first = 0
    for slide, length, title in zip(deck.slides, lengths, titles, strict=True):
        stretch = whole[first : first + length]
        assert same(frames(media(slide)), stretch)
        assert np.array_equal(poster(slide), stretch[0])
        assert slide.shapes.title.text == f"2-D convolution: {title}"
        first += length
    assert first == len(whole) == sum(LENGTHS)


def test_by_default_there_is_a_wide_slide_for_each_phase(clip: Film, tmp_path: Path) -> None:
    deck = written(clip, tmp_path)
    assert len(deck.slides) == 4
    assert (deck.slide_width, deck.slide_height) == (12192000, 6858000)


@pytest.mark.parametrize("per", ["phase", "beat"])
def test_what_is_said_is_in_the_notes_and_for_who_does_not_see(clip: Film, tmp_path: Path, per: Any) -> None:
    said = [[f"Step {k}." for k in group] for group in ([[0], [1, 2, 3], [4], [5]] if per == "phase" else [[k] for k in range(6)])]
    deck = written(clip, tmp_path, slides_per=per)
    for slide, sentences in zip(deck.slides, said, strict=True):
        assert [one.text for one in slide.notes_slide.notes_text_frame.paragraphs] == sentences
        assert found(shape(slide, "Film")._element, "p:nvPicPr/p:cNvPr/@descr") == [" ".join(sentences)]


# --- how it looks -------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "width", "height", "top"), [("16:9", 12192000, 6858000, 0), ("4:3", 9144000, 6858000, 857250)])
def test_the_film_is_as_large_as_it_can_be(clip: Film, tmp_path: Path, size: str, width: int, height: int, top: int) -> None:
    deck = written(clip, tmp_path, slide_size=size)
    assert (deck.slide_width, deck.slide_height) == (width, height)
    for slide in deck.slides:
        picture = shape(slide, "Film")
        assert (picture.left, picture.top, picture.width, picture.height) == (0, top, width, height - 2 * top)
        assert picture.width * 9 == picture.height * 16
    for sheet in (deck.slide_master, *deck.slide_layouts):
        for box in sheet.placeholders:
            assert box.left + box.width <= width
    assert deck.slide_master.placeholders[0].width > 0.85 * width


@pytest.mark.parametrize("theme", ["dark", "light", "print"])
def test_there_is_no_seam_around_the_film(tmp_path: Path, theme: str) -> None:
    (tmp_path / "out").mkdir()
    deck = written(film(tmp_path / "film.mp4", script(theme=theme)), tmp_path / "out", slide_size="4:3")
    for slide in deck.slides:
        colour = slide.background.fill.fore_color.rgb
        assert tuple(colour) == tuple(poster(slide)[0, 0])
        assert np.abs(np.subtract(colour, rgb(THEMES[theme].ground))).max() <= 4
        assert slide._element.get("showMasterSp") == "0"


@pytest.mark.parametrize("theme", ["dark", "light", "print"])
def test_what_is_added_later_has_the_colours_too(tmp_path: Path, theme: str) -> None:
    (tmp_path / "out").mkdir()
    deck = written(film(tmp_path / "film.mp4", script(theme=theme)), tmp_path / "out")
    themes = [one.target_part for one in deck.slide_master.part.rels.values() if one.reltype.endswith("/theme")]
    scheme = found(etree.fromstring(themes[0].blob), "//a:clrScheme")[0]
    (mapping,) = found(deck.slide_master._element, "p:clrMap")
    for role, colour in (("bg1", THEMES[theme].ground), ("tx1", THEMES[theme].ink), ("accent1", THEMES[theme].input)):
        assert found(scheme, f"a:{mapping.get(role)}/a:srgbClr/@val") == [colour[1:]]


def test_titles_are_there_but_not_to_be_seen(clip: Film, tmp_path: Path) -> None:
    titles = []
    for slide in written(clip, tmp_path).slides:
        title = slide.shapes.title
        assert title.top + title.height <= 0
        assert title.width == 12192000
        assert [one.name for one in slide.shapes] == ["Title", "Film"]  # the order of reading
        titles.append(title.text)
    assert len(set(titles)) == len(titles)


# --- how it plays -------------------------------------------------------------------------------------------------------------------------


def test_films_start_by_themselves(clip: Film, tmp_path: Path) -> None:
    for slide, length in zip(written(clip, tmp_path).slides, [3, 15, 7, 8], strict=True):
        assert [etree.QName(child).localname for child in slide._element] == ["cSld", "clrMapOvr", "timing"]
        target = str(shape(slide, "Film").shape_id)
        (timing,) = found(slide._element, "p:timing")
        assert set(found(timing, ".//p:spTgt/@spid")) == {target}
        ids = found(timing, ".//p:cTn/@id")
        assert len(set(ids)) == len(ids) == 7
        # The root holds the sequence that clicks go through, and the film.
        (root,) = found(timing, "p:tnLst/p:par/p:cTn[@nodeType='tmRoot']/p:childTnLst")
        assert [etree.QName(child).localname for child in root] == ["seq", "video"]
        (sequence,) = found(root, "p:seq[@concurrent='1'][@nextAc='seek']")
        (main,) = found(sequence, "p:cTn[@nodeType='mainSeq'][@dur='indefinite']")
        assert found(sequence, "p:prevCondLst/p:cond/@evt") == ["onPrev"]
        assert found(sequence, "p:nextCondLst/p:cond/@evt") == ["onNext"]
        # The first effect begins with the sequence, not with a click ...
        begins = found(main, "p:childTnLst/p:par/p:cTn/p:stCondLst/p:cond")
        assert [(one.get("delay"), one.get("evt")) for one in begins] == [("indefinite", None), ("0", "onBegin")]
        assert found(begins[1], "p:tn/@val") == [main.get("id")]
        assert found(timing, ".//@nodeType") == ["tmRoot", "mainSeq", "afterEffect"]
        # ... and plays the film from its first to its last frame, on which it stays.
        (effect,) = found(timing, ".//p:cTn[@nodeType='afterEffect'][@presetClass='mediacall'][@presetID='1']")
        (command,) = found(effect, "p:childTnLst/p:cmd[@type='call'][@cmd='playFrom(0.0)']")
        assert found(command, "p:cBhvr/p:cTn/@dur") == [str(length * 1000 // FPS)]
        (node,) = found(root, "p:video/p:cMediaNode[@vol='80000']/p:cTn[@fill='hold'][@display='0']")
        assert node.get("repeatCount") is None
        # Each list of conditions stands before the list of children, as the schema has it.
        for parent in found(timing, ".//p:cTn[p:stCondLst][p:childTnLst]"):
            assert [etree.QName(child).localname for child in parent] == ["stCondLst", "childTnLst"]


def test_nothing_waits_for_a_click_on_the_film(clip: Film, tmp_path: Path) -> None:
    for slide in written(clip, tmp_path).slides:
        text = etree.tostring(slide._element)
        assert b"interactiveSeq" not in text
        assert b"togglePause" not in text
        assert b"clickEffect" not in text
        assert b"p:transition" not in text


# --- lectures -----------------------------------------------------------------------------------------------------------------------------


def lecture(*titles: str) -> list[Part]:
    parts: list[Part] = []
    for title in titles:
        start = parts[-1].marks[-1].after if parts else 0
        part = Part(title, f"part-{len(parts)}", "conv1d", 5, marks(say=f"{title} {{}}."))
        parts.append(shifted(part, start))
    return parts


def sections(deck: Any) -> list[tuple[str, list[int]]]:
    return [
        (one.get("name"), [int(value) for value in found(one, "p14:sldIdLst/p14:sldId/@id")])
        for one in found(deck.part._element, "p:extLst/p:ext[@uri='{521415D9-36F7-43E2-AB2F-B90AF26B5E84}']/p14:sectionLst/p14:section")
    ]


def test_a_lecture_begins_with_its_contents(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    said = script(*lecture("Convolution", "Pooling"), title="Week 5")
    deck = written(film(tmp_path / "film.mp4", said), tmp_path / "out")
    slides = list(deck.slides)
    assert len(slides) == 9
    assert slides[0].shapes.title.text == "Week 5"
    assert slides[0].shapes.title.top > 0
    assert slides[0].placeholders[1].text_frame.text == "Convolution\nPooling"
    assert [slide.shapes.title.text for slide in slides[4:6]] == ["Convolution: result", "Pooling: setup"]
    whole = frames(tmp_path / "film.mp4")
    assert same([one for slide in slides[1:] for one in frames(media(slide))], whole)
    assert slides[6].notes_slide.notes_text_frame.text == "Pooling 1.\nPooling 2.\nPooling 3."
    ids = [slide.slide_id for slide in slides]
    assert sections(deck) == [("Convolution", ids[:5]), ("Pooling", ids[5:])]


def test_a_lecture_of_many_parts(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    parts = [Part(f"Part {k}", f"p{k}", "conv1d", 1, (BeatMark("quick", "all", "Go.", 2 * k, 2 * k + 2, 0, 1),)) for k in range(60)]
    deck = written(film(tmp_path / "film.mp4", script(*parts)), tmp_path / "out")
    assert len(deck.slides) == 61
    assert deck.slides[0].placeholders[1].text_frame.text == "60 parts"
    assert [name for name, _ in sections(deck)] == [part.title for part in parts]
    names = [str(part.partname) for part in deck.part.package.iter_parts()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("parts", "size", "columns"), [(2, 28, None), (9, 24, None), (12, 18, None), (13, 28, "2"), (28, 16, "2")])
def test_contents_find_room(tmp_path: Path, parts: int, size: int, columns: str | None) -> None:
    (tmp_path / "out").mkdir()
    made = [Part(f"Part {k}", f"p{k}", "conv1d", 1, (BeatMark("quick", "all", "Go.", k, k + 1, 0, 1),)) for k in range(parts)]
    slide = written(film(tmp_path / "film.mp4", script(*made)), tmp_path / "out").slides[0]
    body = slide.placeholders[1]
    assert [paragraph.text for paragraph in body.text_frame.paragraphs] == [part.title for part in made]
    assert {found(one._p, "a:pPr/a:buAutoNum/@type")[0] for one in body.text_frame.paragraphs} == {"arabicPeriod"}
    assert {one.font.size for one in body.text_frame.paragraphs} == {size * 12700}
    assert found(body._element, ".//a:bodyPr")[0].get("numCol") == columns
    assert slide.shapes.title.top + slide.shapes.title.height < body.top
    assert body.top + body.height < 6858000


def test_long_names_are_shortened_before_they_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    made = film(tmp_path / "film.mp4", script(*lecture(*(f"Name {k} of a part that goes on and on, and does not end" for k in range(20)))))
    slide = written(made, tmp_path / "out", slide_size="4:3").slides[0]
    texts = [paragraph.text for paragraph in slide.placeholders[1].text_frame.paragraphs]
    assert texts == [f"Name {k} of a part that goes …" for k in range(20)]


@pytest.mark.parametrize(("letters", "size"), [(10, 4400), (60, 3600), (120, 2400), (2000, 2000)])
def test_long_titles_are_small(tmp_path: Path, letters: int, size: int) -> None:
    (tmp_path / "out").mkdir()
    made = film(tmp_path / "film.mp4", script(*lecture("A", "B"), title="x" * letters))
    slide = written(made, tmp_path / "out").slides[0]
    assert slide.shapes.title.text_frame.paragraphs[0].font.size == size * 127


def test_cards_are_pictures(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (part,) = lecture("Pooling")
    said = script(card("Welcome", 0, 4), shifted(part, 4), card("The end", 37, 40))
    deck = written(film(tmp_path / "film.mp4", said), tmp_path / "out")
    slides, whole = list(deck.slides), frames(tmp_path / "film.mp4")
    # The first card is the title slide: there is no second one.
    assert [slide.shapes.title.text for slide in slides] == [
        "Welcome",
        *(f"Pooling: {k}" for k in ("setup", "filter 0", "filter 1", "result")),
        "The end",
    ]
    for slide, last in ((slides[0], 3), (slides[-1], 39)):
        assert [one.name for one in slide.shapes] == ["Title", "Picture"]
        assert np.array_equal(poster(slide, "Picture"), whole[last])
        assert found(slide._element, "p:timing") == []
        assert slide.notes_slide.notes_text_frame.text == f"{slide.shapes.title.text}."
    assert same(frames(media(slides[1])), whole[4:7])


# --- texts, files -------------------------------------------------------------------------------------------------------------------------

HOSTILE = '<b>"1" & \'2\'</b> ]]> {shape} %s\n\t#read("x") $\\ \x00\x0b\x1b\ud800\ufffe\x85 _x0041_ \u202e é 数 🎓 </script>'
READ = '<b>"1" & \'2\'</b> ]]> {shape} %s #read("x") $\\ _x0041_ \u202e é 数 🎓 </script>'


def test_texts_are_shown_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    one = Part(HOSTILE, "a", "conv1d", 1, (BeatMark("opening", HOSTILE, HOSTILE, 0, 2, 0, 0), BeatMark("quick", "", "", 2, 3, 0, 1)))
    other = Part("", "b", "conv1d", 1, (BeatMark("quick", "all", " \n ", 3, 4, 0, 1),))
    said = script(one, other, title=HOSTILE)
    # The same stretches, with nothing in them that an mp4 could not hold.
    plain = tuple(BeatMark("quick", "all", "Go.", mark.first, mark.after, 0, 1) for mark in said.marks)
    path = film(tmp_path / "film.mp4", script(Part("A", "a", "conv1d", 1, plain))).path
    deck = written(Film(path, said, {}), tmp_path / "out")
    slides = list(deck.slides)
    assert deck.core_properties.title == READ
    assert slides[0].shapes.title.text == READ
    assert slides[0].placeholders[1].text_frame.paragraphs[0].text == READ
    assert slides[1].shapes.title.text == READ
    assert slides[1].notes_slide.notes_text_frame.text == READ
    assert found(shape(slides[1], "Film")._element, "p:nvPicPr/p:cNvPr/@descr") == [READ]
    assert not slides[2].has_notes_slide
    assert sections(deck)[0][0] == READ


@pytest.mark.parametrize(
    ("text", "read"), [("", ""), (" a\r\nb\u2028c ", "a b c"), ("\x07a \x7f b", "a b"), ("\uffff", ""), ("−1 ≥ 2", "−1 ≥ 2")]
)
def test_lines(text: str, read: str) -> None:
    assert line(text) == read


def test_the_same_deck_twice(clip: Film, tmp_path: Path) -> None:
    write(clip, tmp_path / "one")
    write(clip, tmp_path / "other")
    assert (tmp_path / "one.pptx").read_bytes() == (tmp_path / "other.pptx").read_bytes()
    with ZipFile(tmp_path / "one.pptx") as package:
        assert {entry.date_time for entry in package.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_what_the_deck_says_of_itself(clip: Film, tmp_path: Path) -> None:
    deck = written(clip, tmp_path)
    said = deck.core_properties
    assert (said.title, said.subject, said.author) == ("A title", "All agree.", "tensorreel")
    inside = entries(tmp_path / "deck.v2.pptx")
    texts = b"".join(data for name, data in inside.items() if name.endswith((".xml", ".rels")))
    assert not re.search(rb"Canny|python-pptx|2013-|Macintosh|/tmp|/home", texts)
    assert not any("printer" in name or "thumbnail" in name for name in inside)


def test_keynote_finds_the_notes_master(clip: Film, tmp_path: Path) -> None:
    root = written(clip, tmp_path).part._element
    assert [etree.QName(child).localname for child in root][:4] == ["sldMasterIdLst", "notesMasterIdLst", "sldIdLst", "sldSz"]


def test_a_plan_covers_every_frame_once() -> None:
    said = script(card("Welcome", 0, 4), shifted(Part("Pooling", "p", "c", 5, marks()), 4))
    for per in ("phase", "beat"):
        plan = slides_of(said, per)  # type: ignore[arg-type]
        assert [frame for slide in plan for frame in slide.frames] == list(range(said.frames))
        assert [slide.stands for slide in plan] == [True] + [False] * (len(plan) - 1)


def test_from_the_command_line(tmp_path: Path) -> None:
    small = ["--input", "[1,2,3]", "--weight", "[1,-1]", "-q", "480p", "--fps", "5", "--seconds", "8", "--jobs", "1"]
    arguments = ["render", "conv1d", *small, "--slides-per", "beat", "--slide-size", "4:3", "-o", str(tmp_path / "one.pptx")]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert [path.name for path in tmp_path.iterdir()] == ["one.pptx"]
    check_package(tmp_path / "one.pptx")
    deck = Presentation(str(tmp_path / "one.pptx"))
    assert deck.slide_width == 9144000
    assert sum(len(frames(media(slide))) for slide in deck.slides) == 40
    assert len(deck.slides) == 4  # by phase there would be three
