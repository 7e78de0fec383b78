from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from click.testing import CliRunner, Result
from lxml import etree
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

import studio.insert
from cli import main
from engine.errors import InputError
from studio.film import Film
from tests.studio.forms.decks import NS, RELATIONSHIPS, check_package, entries, film, frames, same, script
from tests.studio.forms.test_pptx import found, media, poster, sections, shape

MAIN, MAIN_RELATIONSHIPS, TYPES = "ppt/presentation.xml", "ppt/_rels/presentation.xml.rels", "[Content_Types].xml"
SLIDES = ["2-D convolution: setup", "2-D convolution: filter 0", "2-D convolution: filter 1", "2-D convolution: result"]
OWN = ["Week 5", "Table", "Chart", "Film"]
SECTIONS = """<p:extLst xmlns:p="{p}"><p:ext uri="{{521415D9-36F7-43E2-AB2F-B90AF26B5E84}}"><p14:sectionLst xmlns:p14="{p14}">
<p14:section name="Before" id="{{6C0C0B0E-0000-4000-8000-000000000001}}">
<p14:sldIdLst><p14:sldId id="256"/><p14:sldId id="257"/></p14:sldIdLst></p14:section>
<p14:section name="After" id="{{6C0C0B0E-0000-4000-8000-000000000002}}">
<p14:sldIdLst><p14:sldId id="258"/><p14:sldId id="259"/></p14:sldIdLst></p14:section>
</p14:sectionLst></p:ext></p:extLst>"""


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Film:
    return film(tmp_path_factory.mktemp("film") / "conv.mp4", script())


@pytest.fixture
def deck(own: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(own, tmp_path))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deck as a lecturer has one: text, a table, a chart, notes, a film of his own, sections, and a note to himself in the package."""
    made = Presentation()
    made.slide_width, made.slide_height = Inches(10), Inches(7.5)
    slides = [made.slides.add_slide(made.slide_layouts[0]), *(made.slides.add_slide(made.slide_layouts[5]) for _ in OWN[1:])]
    for slide, title in zip(slides, OWN, strict=True):
        slide.shapes.title.text = title
    slides[0].notes_slide.notes_text_frame.text = "Say hello & wait."
    table = slides[1].shapes.add_table(2, 2, Inches(1), Inches(2), Inches(6), Inches(2)).table
    table.cell(1, 1).text = "4"
    data = CategoryChartData()
    data.categories = ["a", "b"]
    data.add_series("loss", (1.5, 0.5))
    slides[2].shapes.add_chart(XL_CHART_TYPE.LINE, Inches(1), Inches(2), Inches(6), Inches(4), data)
    slides[3].shapes.add_movie(io.BytesIO(b"his own film"), Inches(1), Inches(2), Inches(4), Inches(3), mime_type="video/mp4")
    made.part._element.append(etree.fromstring(SECTIONS.format(**NS)))
    path = tmp_path_factory.mktemp("own") / "his deck.pptx"
    made.save(str(path))
    # Nothing leads to this part; programs keep such things.
    with zipfile.ZipFile(path, "a") as package:
        package.writestr("customXml/item9.xml", "<note>mine</note>")
    check_package(path)
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["insert", *map(str, arguments)], prog_name="tensorreel")


def inserted(*arguments: object) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def titles(path: Path) -> list[str]:
    return [slide.shapes.title.text for slide in Presentation(str(path)).slides]


# --- what is new, and what is as it was ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [0, 1, 3, 4, None])
def test_where_the_slides_come(clip: Film, deck: Path, after: int | None) -> None:
    place = 4 if after is None else after
    said = inserted(clip.path, deck, *([] if after is None else ["--after", after]))
    assert titles(deck) == [*OWN[:place], *SLIDES, *OWN[place:]]
    assert said == f"{deck}: slides {place + 1} to {place + 4} are new\n"
    check_package(deck)
    slides = list(Presentation(str(deck)).slides)[place : place + 4]
    assert same([one for slide in slides for one in frames(media(slide))], frames(clip.path))


def test_all_else_stays_byte_by_byte(clip: Film, deck: Path) -> None:
    before = entries(deck)
    inserted(clip.path, deck, "--after", "2")
    after = entries(deck)
    for name, data in before.items():
        if name not in (MAIN, MAIN_RELATIONSHIPS, TYPES):
            assert after[name] == data, name
    new = sorted(name for name in after if name not in before)
    assert sorted(name.rpartition("/")[0] for name in new if "_rels" not in name) == sorted(
        ["ppt/slides", "ppt/notesSlides", "ppt/media", "ppt/media"] * 4
    )
    # What is new in the lists of what there is, is what was added.
    for name, tag in ((MAIN_RELATIONSHIPS, RELATIONSHIPS), (TYPES, None)):
        old, later = ({etree.tostring(one, method="c14n") for one in etree.fromstring(part[name]).iter(tag)} for part in (before, after))
        assert len(old - later) <= 1  # the list itself
        added = [etree.fromstring(text) for text in later - old]
        names = [one.get("Target") or one.get("PartName") or "" for one in added if len(one) == 0]
        assert all(any(entry.endswith(one.lstrip("/")) for entry in new) for one in names), names
    roots = [etree.fromstring(part[MAIN]) for part in (before, after)]
    for root in roots:
        for one in root.xpath("p:sldIdLst | p:extLst | p:notesMasterIdLst", namespaces=NS):
            root.remove(one)
    assert len({etree.tostring(root, method="c14n") for root in roots}) == 1


def test_own_slides_are_as_they_were_to_a_reader(clip: Film, deck: Path) -> None:
    inserted(clip.path, deck, "--after", "1")
    made = Presentation(str(deck))
    assert (made.slide_width, made.slide_height) == (Inches(10), Inches(7.5))
    own = [made.slides[k] for k in (0, 5, 6, 7)]
    assert own[0].notes_slide.notes_text_frame.text == "Say hello & wait."
    assert own[1].shapes[1].table.cell(1, 1).text == "4"
    assert own[2].shapes[1].chart.plots[0].series[0].values == (1.5, 0.5)
    (link,) = found(own[3]._element, ".//a:videoFile/@r:link")
    assert own[3].part.related_part(link).blob == b"his own film"
    assert len(found(own[3]._element, "p:timing")) == 1


def test_the_film_fits_a_deck_of_another_shape(clip: Film, deck: Path) -> None:
    inserted(clip.path, deck, "--after", "1")
    for slide in list(Presentation(str(deck)).slides)[1:5]:
        picture = shape(slide, "Film")
        assert (picture.left, picture.width) == (0, Inches(10))
        assert picture.width * 9 == picture.height * 16
        assert picture.top * 2 + picture.height == Inches(7.5)
        assert tuple(slide.background.fill.fore_color.rgb) == tuple(poster(slide)[0, 0])
        assert slide._element.get("showMasterSp") == "0"  # a logo of the deck would stand beside the film
        assert slide.slide_layout.name == "Title Only"
        assert slide.notes_slide.notes_text_frame.text.startswith("Step ")


def test_slides_per_beat(clip: Film, deck: Path) -> None:
    assert inserted(clip.path, deck, "--after", "4", "--slides-per", "beat") == f"{deck}: slides 5 to 10 are new\n"
    assert [len(frames(media(slide))) for slide in list(Presentation(str(deck)).slides)[4:]] == [3, 4, 5, 6, 7, 8]


def test_twice(clip: Film, deck: Path) -> None:
    inserted(clip.path, deck, "--after", "1")
    first = entries(deck)
    inserted(clip.path, deck, "--after", "7")
    check_package(deck)
    assert titles(deck) == [OWN[0], *SLIDES, *OWN[1:3], *SLIDES, OWN[3]]
    made = Presentation(str(deck))
    assert len({slide.slide_id for slide in made.slides}) == 12
    for slide in (*list(made.slides)[1:5], *list(made.slides)[7:11]):
        assert len(frames(media(slide))) in (3, 15, 7, 8)
    later = entries(deck)
    assert all(later[name] == data for name, data in first.items() if name not in (MAIN, MAIN_RELATIONSHIPS, TYPES))


@pytest.mark.parametrize(("after", "expected"), [(0, (6, 2)), (1, (6, 2)), (2, (6, 2)), (3, (2, 6)), (4, (2, 6))])
def test_sections_keep_all_slides(clip: Film, deck: Path, after: int, expected: tuple[int, int]) -> None:
    inserted(clip.path, deck, "--after", after)
    made = Presentation(str(deck))
    listed = sections(made)
    assert [name for name, _ in listed] == ["Before", "After"]
    assert tuple(len(ids) for _, ids in listed) == expected
    assert [one for _, ids in listed for one in ids] == [slide.slide_id for slide in made.slides]


def test_a_file_of_its_own(clip: Film, deck: Path, tmp_path: Path) -> None:
    before = deck.read_bytes()
    out = tmp_path / "out.pptx"
    assert inserted(clip.path, deck, "--after", "1", "-o", out) == f"{out}: slides 2 to 5 are new\n"
    assert deck.read_bytes() == before
    assert titles(out) == [OWN[0], *SLIDES, *OWN[1:]]
    assert {path.name for path in tmp_path.iterdir()} == {deck.name, "out.pptx"}


def test_a_link_stays_a_link_and_rights_stay(clip: Film, deck: Path, tmp_path: Path) -> None:
    deck.chmod(0o600)
    link = tmp_path / "link.pptx"
    link.symlink_to(deck.name)
    inserted(clip.path, link, "--after", "0")
    assert link.is_symlink()
    assert len(titles(deck)) == 8
    assert deck.stat().st_mode & 0o777 == 0o600


# --- decks that are not as usual ----------------------------------------------------------------------------------------------------------


def rewritten(path: Path, change: Callable[[str, bytes], tuple[str, bytes] | None]) -> None:
    """Changes, renames or removes what is in a package."""
    old = entries(path)
    with zipfile.ZipFile(path, "w") as package:
        for name, data in old.items():
            if (entry := change(name, data)) is not None:
                package.writestr(*entry)


def test_macros_stay(clip: Film, deck: Path, tmp_path: Path) -> None:
    """python-pptx's template has a printer's settings; here they become a program."""
    usual = b"application/vnd.openxmlformats-officedocument.presentationml."
    macro, program = b"application/vnd.ms-powerpoint.presentation.macroEnabled.main+xml", b"application/vnd.ms-office.vbaProject"

    def change(name: str, data: bytes) -> tuple[str, bytes]:
        if name.endswith("printerSettings1.bin"):
            return "ppt/vbaProject.bin", b"a program"
        data = data.replace(b"printerSettings/printerSettings1.bin", b"vbaProject.bin").replace(usual + b"printerSettings", program)
        return name, data.replace(usual + b"presentation.main+xml", macro)

    rewritten(deck, change)
    path = deck.rename(tmp_path / "deck.pptm")
    check_package(path)
    inserted(clip.path, path, "--after", "1")
    check_package(path)
    after = entries(path)
    assert after["ppt/vbaProject.bin"] == b"a program"
    assert macro in after[TYPES]
    assert program in after[TYPES]
    assert b"vbaProject.bin" in after[MAIN_RELATIONSHIPS]
    assert len(titles(path)) == 8


def test_a_slide_that_is_in_the_package_but_not_in_the_deck(clip: Film, deck: Path) -> None:
    """Scripts that delete slides leave them in the package: their names are taken."""
    made = Presentation(str(deck))
    listed = made.part._element.sldIdLst
    listed.remove(listed[0])
    made.part._element.remove(found(made.part._element, "p:extLst")[0])
    made.save(str(deck))
    before = entries(deck)
    inserted(clip.path, deck, "--after", "1")
    check_package(deck)
    after = entries(deck)
    assert titles(deck) == [OWN[1], *SLIDES, *OWN[2:]]
    assert all(after[name] == before[name] for name in before if name.startswith("ppt/slides/"))


def test_names_of_what_nothing_leads_to(clip: Film, deck: Path) -> None:
    with zipfile.ZipFile(deck, "a") as package:
        package.writestr("ppt/slides/Slide5.xml", "<a/>")
        package.writestr("ppt/media/media2.mp4", "lost")
    inserted(clip.path, deck, "--after", "1")
    after = entries(deck)
    assert (after["ppt/slides/Slide5.xml"], after["ppt/media/media2.mp4"]) == (b"<a/>", b"lost")
    assert len({name.lower() for name in after}) == len(after)
    slides = list(Presentation(str(deck)).slides)
    assert same([one for slide in slides[1:5] for one in frames(media(slide))], frames(clip.path))


def test_a_deck_without_slides(clip: Film, tmp_path: Path) -> None:
    path = tmp_path / "empty.pptx"
    Presentation().save(str(path))
    inserted(clip.path, path, "--after", "0")
    check_package(path)
    assert titles(path) == SLIDES


def test_a_deck_whose_media_have_other_names(clip: Film, deck: Path) -> None:
    """python-pptx itself stumbles over ``media`` without a number, and over sounds."""
    renamed = {"ppt/media/media1.mp4": "ppt/media/media.mp4"}
    rewritten(deck, lambda name, data: (renamed.get(name, name), data.replace(b"media/media1.mp4", b"media/media.mp4")))
    inserted(clip.path, deck, "--after", "1")
    check_package(deck)
    assert entries(deck)["ppt/media/media.mp4"] == b"his own film"


def test_a_deck_that_does_not_say_how_large_it_is(clip: Film, deck: Path) -> None:
    def change(name: str, data: bytes) -> tuple[str, bytes]:
        if name == MAIN:
            root = etree.fromstring(data)
            root.remove(root.xpath("p:sldSz", namespaces=NS)[0])
            data = etree.tostring(root)
        return name, data

    rewritten(deck, change)
    inserted(clip.path, deck, "--after", "1")
    assert shape(Presentation(str(deck)).slides[1], "Film").width == 9144000


def test_layouts_without_names_that_we_know(clip: Film, deck: Path) -> None:
    rewritten(deck, lambda name, data: (name, data.replace(b' type="titleOnly"', b"").replace(b' type="blank"', b"")))
    inserted(clip.path, deck, "--after", "1")
    assert titles(deck)[1:5] == SLIDES


# --- clips that are not ours --------------------------------------------------------------------------------------------------------------


def test_a_film_from_elsewhere_is_one_slide(deck: Path, tmp_path: Path) -> None:
    path = tmp_path / "Holiday <1>.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for k in range(30):
            picture = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 8 * k, np.uint8), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    assert inserted(path, deck, "--after", "1", "--slides-per", "beat") == f"{deck}: slide 2 is new\n"
    check_package(deck)
    slide = Presentation(str(deck)).slides[1]
    assert slide.shapes.title.text == "Holiday <1>"
    assert media(slide) == path.read_bytes()
    assert found(slide._element, ".//p:cmd/p:cBhvr/p:cTn/@dur") == ["1200"]
    picture = shape(slide, "Film")
    assert (picture.width, picture.height) == (Inches(7.5), Inches(7.5))
    assert not slide.has_notes_slide
    assert poster(slide).max() <= 4


# --- refusals -----------------------------------------------------------------------------------------------------------------------------

Spoil = Callable[[Path, Path], tuple[object, ...]]


def other(deck: Path, name: str, data: bytes) -> Path:
    path = deck.parent / name
    path.write_bytes(data)
    return path


def damaged(deck: Path) -> Path:
    path = deck.parent / "damaged.pptx"
    shutil.copy(deck, path)
    rewritten(path, lambda name, data: (name, data[:200]) if name == MAIN else (name, data))
    return path


def other_zip(deck: Path) -> Path:
    path = deck.parent / "zip.pptx"
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.presentation")
    return path


def text_document(deck: Path) -> Path:
    path = deck.parent / "word.pptx"
    shutil.copy(deck, path)
    rewritten(path, lambda name, data: (name, data.replace(b"presentationml.presentation.main", b"wordprocessingml.document.main")))
    return path


def changed_clip(clip: Path, deck: Path) -> Path:
    """Its script says more than it shows, as after it was shortened with another program."""
    path = deck.parent / "short.mp4"
    with av.open(str(clip)) as source, av.open(str(path), "w", format="mp4", options={"movflags": "use_metadata_tags"}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        target.metadata.update(source.metadata)
        for number, packet in enumerate(source.demux(video=0)):
            if packet.size and number < 20:
                packet.stream = stream
                target.mux(packet)
    return path


REFUSALS: list[tuple[str, Spoil, str]] = [
    ("no clip", lambda clip, deck: (deck.parent / "none.mp4", deck), "no file"),
    ("no deck", lambda clip, deck: (clip, deck.parent / "none.pptx"), "no file"),
    ("a folder for a deck", lambda clip, deck: (clip, deck.parent), "is a folder"),
    ("a folder for a clip", lambda clip, deck: (deck.parent, deck), "is a folder"),
    ("past the end", lambda clip, deck: (clip, deck, "--after", 5), "has 4 slides; give 0 for the front, or up to 4"),
    ("before the front", lambda clip, deck: (clip, deck, "--after=-1"), "--after is -1"),
    ("a text for a clip", lambda clip, deck: (other(deck, "a.mp4", b"no film"), deck), "cannot be read as a film"),
    ("an empty clip", lambda clip, deck: (other(deck, "a.mp4", b""), deck), "is an empty file"),
    ("half a clip", lambda clip, deck: (other(deck, "a.mp4", clip.read_bytes()[:3000]), deck), "a.mp4"),
    ("a deck for a clip", lambda clip, deck: (deck, deck), "cannot be read as a film"),
    ("a shortened clip", lambda clip, deck: (changed_clip(clip, deck), deck), "has 20 frames, but was rendered with 33; render it again"),
    ("an old deck", lambda clip, deck: (clip, other(deck, "a.ppt", b"\xd0\xcf\x11\xe0\xa1\xb1")), "save it as a PowerPoint presentation"),
    ("a password", lambda clip, deck: (clip, other(deck, "a.pptx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")), "protected by a password"),
    ("a text for a deck", lambda clip, deck: (clip, other(deck, "a.pptx", b"hello")), "no PowerPoint presentation"),
    ("an empty deck", lambda clip, deck: (clip, other(deck, "a.pptx", b"")), "is an empty file"),
    ("half a deck", lambda clip, deck: (clip, other(deck, "a.pptx", deck.read_bytes()[:9000])), "no PowerPoint presentation"),
    ("a damaged deck", lambda clip, deck: (clip, damaged(deck)), "no PowerPoint presentation"),
    ("another zip", lambda clip, deck: (clip, other_zip(deck)), "no PowerPoint presentation"),
    ("a text document", lambda clip, deck: (clip, text_document(deck)), "no PowerPoint presentation"),
    ("another ending", lambda clip, deck: (clip, deck, "-o", deck.parent / "out.pdf"), "give a name that ends in .pptx"),
    ("no folder", lambda clip, deck: (clip, deck, "-o", deck.parent / "none" / "out.pptx"), "make it first"),
    ("into a folder", lambda clip, deck: (clip, deck, "-o", folder(deck)), "which is a folder"),
]


def folder(deck: Path) -> Path:
    path = deck.parent / "folder.pptx"
    path.mkdir(exist_ok=True)
    return path


@pytest.mark.parametrize(("spoil", "message"), [one[1:] for one in REFUSALS], ids=[one[0] for one in REFUSALS])
def test_refusals(clip: Film, deck: Path, spoil: Spoil, message: str) -> None:
    arguments = spoil(clip.path, deck)
    before = {path: path.read_bytes() for path in deck.parent.iterdir() if path.is_file()}
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert message in result.output
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    assert {path: path.read_bytes() for path in deck.parent.iterdir() if path.is_file()} == before


def test_if_writing_fails_the_deck_is_as_it_was(clip: Film, deck: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: Any, __: Path, target: Path) -> None:
        target.write_bytes(b"half a deck")
        raise OSError(28, "No space left on device")

    before = deck.read_bytes()
    monkeypatch.setattr(studio.insert, "save_with", full)
    with pytest.raises(InputError, match=r"cannot be written \(No space left on device\); make room there"):
        studio.insert.insert(clip.path, deck, 1)
    assert deck.read_bytes() == before
    assert list(deck.parent.iterdir()) == [deck]


def test_one_slide_is_said_so(clip: Film, tmp_path: Path) -> None:
    path = tmp_path / "one.pptx"
    made = Presentation()
    made.slides.add_slide(made.slide_layouts[5])
    made.save(str(path))
    with pytest.raises(InputError, match="has 1 slide; give 0 for the front, or up to 1"):
        studio.insert.insert(clip.path, path, 2)
