"""A small case of the explorer, its page served by the command, and a headless Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from escalation_sim.explorer.session import Case
from escalation_sim.scenario.dump import dump_tree
from escalation_sim.scenario.load import library, read_tree
from escalation_sim.scenario.starter import new_scenario

REPLICATES, PARAMETERS = 200, 20
FEW = ["--replicates", str(REPLICATES), "--parameters", str(PARAMETERS)]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-quic --no-first-run "
    "--disable-component-update --disable-sync"
)
HOSTILE = " ".join(
    (
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>'>",
        "</style></title></svg><svg onload=alert(1)>",
        "{{ 7 * 7 }} ${7*7} {0} {name}",
        "[x](javascript:alert(1)) <https://evil.example>",
        "<!-- --> ]]> <![CDATA[ &lt;b&gt; &#60;i&#62;",
    )
)
TEXTS = {"title", "name", "label", "because", "source", "unit", "description", "resolution", "publisher", "clause"}


def poisoned(node: Any) -> Any:
    """A tree of a scenario with every free text replaced."""
    if isinstance(node, dict):
        return {key: HOSTILE if key in TEXTS else poisoned(item) for key, item in node.items()}
    return [poisoned(item) for item in node] if isinstance(node, list) else node


@pytest.fixture(scope="session")
def case() -> Case:
    """The starter, with its untouched ensemble."""
    found = Case("library:starter", (), (), (1, PARAMETERS), REPLICATES)
    found.prepare()
    return found


@pytest.fixture(scope="session")
def hostile_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter with hostile texts wherever a text may stand, states' names and rungs' labels among them."""
    own = tmp_path_factory.mktemp("hostile") / "starter.yaml"
    own.write_text(new_scenario("reef"), encoding="utf-8")
    tree = read_tree(own).value
    tree["states"] = [{**state, "name": "x"} for state in tree["states"]]
    tree["commitments"] = [{**one, "label": "x"} for one in tree["commitments"]]
    tree["ladder"] = library("ladder")["ladder"]
    file = own.with_name("hostile.yaml")
    file.write_text(dump_tree(poisoned(tree)), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def hostile_text() -> str:
    """What a stranger might call a state."""
    return HOSTILE


@pytest.fixture(scope="session")
def served() -> Callable[..., AbstractContextManager[tuple[str, subprocess.Popen[str]]]]:
    """`served(file, ...)`: the page of a file, few replicates, as a context that gives address and process."""
    return server


@contextmanager
def server(*words: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """`explore` with some words, and the address that it prints; ended by Ctrl-C, as a user does."""
    command = [sys.executable, "-m", "escalation_sim", "explore", *words, *FEW, "--no-browser"]
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI"))}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=outside)
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        address = process.stdout.readline().split()
        assert address, process.stderr.read()
        where = urlsplit(address[0])
        # It listens from the moment that it says where.
        socket.create_connection((str(where.hostname), where.port or 0)).close()
        yield address[0], process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
        process.stdout.close()
        process.stderr.close()


class Visit:
    """A page in Chromium, with all that it asked for and complained about."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))

    def open(self, address: str) -> Any:
        """Go to an address and wait until the network is drawn."""
        self.page.goto(address)
        self.page.wait_for_selector("svg.network")
        return self.page

    def changed(self, selector: str, act: Callable[[], object]) -> str:
        """Do something, and wait until the text of an element has changed; returns the new text."""
        before = self.page.inner_text(selector)
        act()
        self.page.wait_for_function(
            "([selector, before]) => document.querySelector(selector).innerText !== before", arg=[selector, before]
        )
        return str(self.page.inner_text(selector))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium of the system."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is on the path")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=path, args=QUIET.split())
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Visit]:
    """A fresh page."""
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    page.set_default_timeout(20_000)
    yield Visit(page)
    page.close()
