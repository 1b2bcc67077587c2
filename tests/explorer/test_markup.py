"""Whatever a scenario calls things, the page's own markup is well-formed, and shows it as text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from escalation_sim.explorer import charts, markup
from escalation_sim.explorer.quick import Curve, Row
from escalation_sim.explorer.session import Case, Session
from escalation_sim.explorer.trajectory import Act, because_of

SVG = "svg g title path line circle rect text"
HTML = "x p i b span em details summary div h4 figure figcaption table caption thead tbody tr th td"
TAGS = {*SVG.split(), *HTML.split()}
PLACES = "viewBox x y x1 y1 x2 y2 cx cy r d width height transform"
LOOKS = "class style role aria-label data-outcome fill stroke stroke-width stroke-dasharray stroke-linejoin"
ATTRIBUTES = {*PLACES.split(), *LOOKS.split(), "fill-opacity", "text-anchor"}


def checked(text: str) -> ElementTree.Element:
    """The markup as a tree, if it is well-formed and holds nothing but what we write ourselves."""
    tree = ElementTree.fromstring(f"<x>{text}</x>")
    for element in tree.iter():
        assert element.tag in TAGS, element.tag
        assert set(element.attrib) <= ATTRIBUTES, element.attrib
        assert element.get("style", "").split(":")[0] in {"", "color", "background", "width"}
    return tree


@pytest.fixture(scope="module")
def hostile(hostile_file: Path) -> Session:
    case = Case(hostile_file, (), ["events.collision.hazard.rate=9.0"], (1, 4), 40)
    session = Session(case)
    session.go(53)
    return session


def pieces(session: Session) -> Iterator[str]:
    """All markup of a session, of every tick."""
    played, rungs = session.played, session.network.rungs
    because = because_of(session.scenario)
    for frame in played.frames:
        yield session.network.drawn(played, frame)
        yield markup.acts_html(frame, because, len(rungs))
        yield markup.minds_html(frame)
    yield markup.log_html(played.frames, 1, 100, len(rungs))
    axes = charts.Axes(365.0, len(rungs) - 0.8, session.scenario.start)
    days = [frame.day for frame in played.frames]
    yield charts.ladder_chart(axes, days, [[frame.rungs[0] for frame in played.frames]], rungs)
    yield markup.sides([played.sides(0)])
    yield markup.plain_title("of {} against {}", played.sides(0))


def test_hostile_names_are_text_everywhere(hostile: Session, hostile_text: str) -> None:
    said = ["".join(checked(piece).itertext()) for piece in pieces(hostile)]
    assert any("<script>alert(1)</script>" in text for text in said)
    assert any(hostile_text in text for text in said)


def test_the_check_finds_a_live_name(hostile_text: str) -> None:
    with pytest.raises(AssertionError):
        checked("<p><img src='x' onerror='alert(1)'/></p>")
    with pytest.raises(ElementTree.ParseError):
        checked(f"<p>{hostile_text}</p>")


def test_beliefs_and_promises_are_text(hostile_text: str) -> None:
    session = Session(Case("library:starter", (), (), (1, 2), 10))
    calls = ((hostile_text, "A", hostile_text, True), (hostile_text, "B", hostile_text, False))
    frame = session.frame._replace(doubts=((hostile_text, (hostile_text,)),), calls=calls, outcomes=(hostile_text,))
    text = "".join(checked(markup.minds_html(frame)).itertext())
    assert f"towards {hostile_text}: kept by A; not kept by B" in text
    act = Act(
        hostile_text,
        hostile_text,
        0,
        1,
        ((hostile_text, 0.5, True),),
        ((hostile_text, 0.7),),
        ((hostile_text, 0.7), ("quiet", 0.0)),
    )
    why = checked(markup.acts_html(frame._replace(acts=(act,)), {hostile_text: hostile_text}, 3))
    assert "50 % – opened" in "".join(why.itertext())
    assert "×2.0" in "".join(why.itertext())


def test_a_probability_that_was_not_seen_is_a_bound_and_not_zero(hostile_text: str) -> None:
    unseen = Row("war", hostile_text, 0.0, 0.0, 0.0037, 1_000, float("nan"), float("nan"))
    text = "".join(checked(markup.table_html([unseen], 30.0, True)).itertext())
    assert "< 0.37 %" in text
    assert "n = 1,000" in text
    assert "–" in text
    curve = Curve([0.0, 365.0], [0.0, 0.0], [0.0, 0.0], [0.0037, 0.0037])
    assert "< 0.37 %" in "".join(checked(markup.ending(hostile_text, curve, curve)).itertext())
    axes = charts.Axes(365.0, charts.nice_top(0.0037), Session(Case("library:starter", (), (), (1, 2), 1)).frame.date)
    checked(charts.curve_chart(axes, curve, curve))


def test_empty_states_say_what_to_do(case: Case) -> None:
    session = Session(case)
    assert "Press Step or Play" in markup.acts_html(session.frame, {}, 12)
    assert "Nothing of this kind" in markup.log_html([session.frame], 1, 9, 12)


def test_the_log_keeps_its_length(hostile: Session) -> None:
    frames = [*hostile.played.frames] * 40
    text = markup.log_html(frames, 1, 30, 12)
    assert len(checked(text).findall("p")) == 31
    assert "Earlier acts are not shown" in text


def test_rungs_darken_as_they_climb() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    for n in (2, 3, 6, 12):
        shades = [lightness(charts.rung_colour(rung, n)) for rung in range(n)]
        assert shades == sorted(shades, reverse=True)
        assert len(set(shades)) == n


def test_names_of_the_states_do_not_lie_on_each_other() -> None:
    session = Session(Case("scenarios/north-korea-troops-2024.yaml", (), (), (1, 2), 1))
    tree = checked(session.network.drawn(session.played, session.frame))
    boxes = []
    for element in tree.iter("text"):
        if "name" in element.get("class", ""):
            x, y, wide = float(element.get("x", 0)), float(element.get("y", 0)), 7.6 * len(element.text or "")
            left = {"start": x, "middle": x - wide / 2, "end": x - wide}[element.get("text-anchor", "start")]
            boxes.append((left, left + wide, y - 12, y + 2))
    assert len(boxes) == 13
    assert all(left > 0 and right < 760 for left, right, _, _ in boxes)
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            assert one[1] < other[0] or other[1] < one[0] or one[3] < other[2] or other[3] < one[2]
