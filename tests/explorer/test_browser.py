"""The page as a visitor meets it, in a real browser: steps, sliders, the ensemble; nothing leaves this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from escalation_sim import load, run_ensemble
from escalation_sim.analysis.wording import percent

REPLICATES, PARAMETERS = 200, 20  # as the page is served
RATE = "events.collision.hazard.rate"


@pytest.fixture(scope="module")
def address(chromium: Any, served: Any) -> Iterator[str]:
    """The starter, served once for all tests of this file."""
    with served("library:starter") as (found, process):
        yield found
    assert process.returncode in (0, 130)


def click_slider(page: Any, path: str, share: float) -> None:
    """Click on a slider at a share of its length."""
    slider = page.locator(f'.q-slider[aria-label="{path}"]')
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)


def test_it_steps_plays_and_goes_back(visit: Any, address: str) -> None:
    page = visit.open(address)
    assert "before the first tick" in page.inner_text(".when-now")
    drawn = page.inner_html(".network-box")
    assert "after tick 1 of 53" in visit.changed(".when-now", lambda: page.click("[aria-label=Step]"))
    visit.changed(".when-now", lambda: page.click("[aria-label='To the end']"))
    assert page.inner_html(".network-box") != drawn
    assert page.locator(".charts svg").count() >= 4
    assert "after tick 52" in visit.changed(".when-now", lambda: page.click("[aria-label=Back]"))
    visit.changed(".when-now", lambda: page.click("[aria-label='Back to the start']"))
    assert page.inner_html(".network-box") == drawn
    visit.changed(".when-now", lambda: page.click("[aria-label='Play or pause']"))
    page.click("[aria-label='Play or pause']")


def test_an_act_opens_on_its_gates(visit: Any, address: str) -> None:
    page = visit.open(address)
    for _ in range(53):
        visit.changed(".when-now", lambda: page.click("[aria-label=Step]"))
        if page.locator("details.act").count():
            break
    assert not page.locator(".gate").first.is_visible()
    page.click("details.act summary")
    assert page.locator(".gate").first.is_visible()
    assert "opened" in page.inner_text("details.act .gate")


def test_a_slider_moves_the_curves_to_what_run_gives(visit: Any, address: str) -> None:
    page = visit.open(address)
    before = page.inner_html(".side .charts")
    visit.changed(".table-box", lambda: click_slider(page, RATE, 0.98))
    assert page.inner_html(".side .charts") != before
    words = page.inner_text(".command").split()
    setting = words[words.index("--set") + 1]
    assert setting.startswith(f"{RATE}=")
    real = run_ensemble(load("library:starter", settings=[setting]), REPLICATES, PARAMETERS, 1).probabilities
    for _, row in real[real["window_days"] == 365.0].iterrows():
        cells = page.locator(f'tr[data-outcome="{row["outcome"]}"] td')
        low, high = percent(row["mc_low"]), percent(row["mc_high"])
        shown = (percent(row["probability"]), f"{low} – {high}") if row["count"] else (f"< {high}", "not seen")
        assert (cells.nth(1).inner_text(), cells.nth(2).inner_text()) == shown
    assert "fixed at" in page.inner_text(f'.slider:has([aria-label="{RATE}"])')
    assert "n = 200" in page.inner_text(".table-box caption")
    visit.changed(".table-box", lambda: page.click(f'[aria-label="Reset {RATE}"]'))
    assert page.inner_html(".side .charts") == before
    assert "--set" not in page.inner_text(".command")


def test_the_last_of_many_moves_wins(visit: Any, address: str) -> None:
    page = visit.open(address)
    for share in (0.9, 0.2, 0.7, 0.97):
        click_slider(page, RATE, share)
    page.wait_for_function("!document.querySelector('.state').classList.contains('busy')")
    page.wait_for_selector(".odds th:nth-child(4)")
    words = page.inner_text(".command").split()
    setting = words[words.index("--set") + 1]
    real = run_ensemble(load("library:starter", settings=[setting]), REPLICATES, PARAMETERS, 1).probabilities
    clash = real[(real["outcome"] == "china-philippines-clash") & (real["window_days"] == 365.0)].iloc[0]
    page.wait_for_function(
        "said => document.querySelector('tr[data-outcome=china-philippines-clash] .strong').innerText === said",
        arg=percent(clash["probability"]),
    )


def test_search_and_another_replicate(visit: Any, address: str) -> None:
    page = visit.open(address)
    page.fill('[aria-label="Search numbers"]', "typhoon")
    page.wait_for_function("document.querySelectorAll('.slider').length === 1")
    page.fill('[aria-label="Search numbers"]', "no such number")
    page.wait_for_function("document.querySelectorAll('.slider').length === 0")
    visit.changed(".when-now", lambda: page.click("[aria-label='To the end']"))
    visit.changed(".when-now", lambda: page.fill(".replicate input", "7"))
    assert "before the first tick" in page.inner_text(".when-now")


def test_nothing_leaves_this_machine_and_nothing_complains(visit: Any, address: str) -> None:
    page = visit.open(address)
    visit.changed(".when-now", lambda: page.click("[aria-label='To the end']"))
    visit.changed(".table-box", lambda: click_slider(page, RATE, 0.9))
    assert len(visit.requests) > 5
    assert {urlsplit(url).hostname for url in visit.requests if not url.startswith("data:")} == {"127.0.0.1"}
    assert visit.complaints == []


def test_a_stranger_s_host_name_is_refused(visit: Any, address: str) -> None:
    answer = visit.page.request.get(address, headers={"Host": "evil.example"})
    assert answer.status == 400
    assert "default-src 'self'" in visit.page.request.get(address).headers["content-security-policy"]


def test_it_fits_a_narrow_screen(visit: Any, address: str) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 800})
    page = visit.open(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_hostile_names_stay_text(visit: Any, served: Any, hostile_file: Path, hostile_text: str) -> None:
    with served(str(hostile_file), "--set", f"{RATE}=9.0") as (address, _):
        page = visit.open(address)
        visit.changed(".when-now", lambda: page.click("[aria-label='To the end']"))
        reliability = "commitments.us-philippines.reliability"
        visit.changed(".command", lambda: click_slider(page, reliability, 0.2))
        page.wait_for_selector(".odds th:nth-child(4)")
        for summary in page.locator("details.act summary").all()[:5]:
            summary.click()
        for field in page.locator(".q-select").all():
            field.click()
            page.wait_for_selector(".q-menu")
            page.keyboard.press("Escape")
            page.wait_for_selector(".q-menu", state="detached")
        assert page.locator("#app script, #app img, #app a[href], #app iframe").count() == 0
        assert page.locator("[onload], [onerror]").count() == 0
        assert "<script>alert(1)</script>" in page.inner_text("body")
        assert page.inner_text(".title") == " ".join(hostile_text.split())
        assert visit.complaints == []
        assert {urlsplit(url).hostname for url in visit.requests if not url.startswith("data:")} == {"127.0.0.1"}
