"""F17: a scenario that is edited, deleted or replaced while it runs, or before a sweep goes on."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from escalation_sim.report import run as running
from escalation_sim.report.inputs import opened
from escalation_sim.scenario.extends import LIBRARY
from escalation_sim.scenario.load import read_tree
from escalation_sim.store.provenance import hash_of
from escalation_sim.store.read import read_manifest

CHAIN = ("reef.yaml", "middle.yaml", "base.yaml")

EDITS: dict[str, Callable[[Path], object]] = {
    "edited": lambda path: path.write_text(path.read_text().replace("horizon:", "horizon: 5 weeks  # was", 1)),
    "deleted": lambda path: path.unlink(),
    "a folder now": lambda path: (path.unlink(), path.mkdir()),
    "emptied": lambda path: path.write_text(""),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_run_keeps_what_was_loaded(edit: Any, run: Any, tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path("reef.yaml")
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert run("--out", "before").exit_code == 0
    ensemble = running.run_ensemble

    def edited(*words: Any, **options: Any) -> Any:
        edit(file)
        return ensemble(*words, **options)

    monkeypatch.setattr(running, "run_ensemble", edited)
    assert run("--out", "after").exit_code == 0
    assert tables("after") == tables("before")
    record = json.loads(Path("after/manifest.json").read_text())
    assert record["sources"] == {"reef.yaml": digest}
    resolved = tables("after")["resolved.yaml"]
    assert record["scenario"]["resolved_sha256"] == hashlib.sha256(resolved).hexdigest()


@pytest.fixture
def half(sweep: Any) -> Any:
    """A sweep of a scenario that stands on another, half done."""
    Path("reef.yaml").rename("base.yaml")
    Path("reef.yaml").write_text("extends: base.yaml\nhorizon: 26 weeks\nwindows: [26 weeks]\n")
    answer = sweep("--shard", "0/2")
    assert answer.exit_code == 0, answer.output
    return answer


def test_a_manifest_names_every_file_of_the_chain(run: Any, call: Any, place: Path) -> None:
    top = Path("reef.yaml").rename("base.yaml").read_text()
    Path("middle.yaml").write_text("extends: base.yaml\n")
    Path("reef.yaml").write_text("extends: middle.yaml\n")
    Path("other.yaml").write_text("extends: library:starter\n")
    Path("points.csv").write_text("coefficients.memory.fast\n1.0\n")
    assert run("--out", "run").exit_code == 0
    few = ["--replicates", "20", "--parameters", "2", "--no-figures"]
    assert call("compare", "reef.yaml", "other.yaml", *few, "--out", "compare").exit_code == 0
    assert call("paths", "reef.yaml", *few, "--chains", "2", "--futures", "2", "--out", "paths").exit_code == 0
    for name, design in {"swept": "try.yaml", "listed": "points.csv"}.items():
        words = ["--design", design, "--jobs", "1", "--replicates", "4", "--parameters", "2", "--out", name]
        assert call("sweep", "reef.yaml", *words).exit_code == 0
    chain = {name: hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in CHAIN}
    packaged = hashlib.sha256((LIBRARY / "scenarios" / "starter.yaml").read_bytes()).hexdigest()
    more = {"compare": {"other.yaml": hash_of(Path("other.yaml")), "library:starter": packaged}}
    more |= {"swept": {"try.yaml": hash_of(Path("try.yaml"))}, "listed": {"points.csv": hash_of(Path("points.csv"))}}
    for name in ("run", "compare", "paths", "swept", "listed"):
        assert read_manifest(Path(name))["sources"] == chain | more.get(name, {}), name
        assert opened([Path(name)]).file == "reef.yaml"
    assert hash_of(Path("base.yaml")) == hashlib.sha256(top.encode()).hexdigest()


class _Restless:
    """Files that are another version of themselves after each time that anything has opened them."""

    def __init__(self, patch: pytest.MonkeyPatch, texts: dict[str, str]) -> None:
        self.texts, self.versions, self.seen = texts, dict.fromkeys(texts, 0), dict[str, str]()
        for name in texts:
            self._write(name)
        opening = io.open

        def opened(file: Any, *words: Any, **options: Any) -> Any:
            stream = opening(file, *words, **options)
            if (name := str(file)) in self.texts:
                self.versions[name] += 1
                self._write(name)  # under a new number of a file: who has opened the one before goes on with that
            return stream

        patch.setattr(io, "open", opened)
        patch.setattr("builtins.open", opened)

    def _write(self, name: str) -> None:
        text = self.texts[name].replace("VERSION", f"{name} {self.versions[name]}")
        self.seen[hashlib.sha256(text.encode()).hexdigest()] = f"{name} {self.versions[name]}"
        fresh = Path(f"{name}.fresh")
        fresh.write_bytes(text.encode())
        fresh.replace(name)


def test_what_is_hashed_is_what_was_read(run: Any, call: Any, sweep: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both files of a chain change whenever they are read: each hash is of the very text that the result is made of."""
    texts = {
        "base.yaml": "extends: library:starter\ndescription: VERSION\n",
        "reef.yaml": "extends: base.yaml\ntitle: VERSION\nvariants:\n  slow:\n    coefficients: {memory: {fast: 3}}\n",
    }
    restless = _Restless(monkeypatch, texts)
    few = ["--replicates", "20", "--parameters", "2", "--no-figures"]
    assert run("--out", "run").exit_code == 0
    assert call("compare", "reef.yaml", *few, "--out", "compare").exit_code == 0
    assert call("paths", "reef.yaml", *few, "--chains", "2", "--futures", "2", "--out", "paths").exit_code == 0
    assert sweep().exit_code == 0
    for name in ("run", "compare", "paths", "out"):
        tree = read_tree(Path(name, "resolved.yaml")).value
        sources = read_manifest(Path(name))["sources"]
        made_of = {file: restless.seen[digest] for file, digest in sources.items() if file in texts}
        assert made_of == {"base.yaml": tree["description"], "reef.yaml": tree["title"]}, name
    assert min(restless.versions.values()) >= 4


RATE = ("coefficients:\n  memory: {fast: {value: 2.5, because: a try}}\n", "tree.coefficients")


@pytest.mark.parametrize("name", ["reef.yaml", "base.yaml"])
@pytest.mark.usefixtures("half")
def test_a_sweep_does_not_go_on_with_another_scenario(name: str, sweep: Any, tables: Any) -> None:
    before, text = tables("out"), Path(name).read_text()
    Path(name).write_text(text + RATE[0])
    answer = sweep()
    assert answer.exit_code == 4, answer.output
    assert "here lies a sweep of another scenario, design or size" in answer.stderr
    assert RATE[1] in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert tables("out") == before
    Path(name).write_text("# a comment changes nothing\n" + text)
    assert sweep().exit_code == 0


@pytest.mark.usefixtures("half")
def test_a_sweep_whose_base_is_gone_says_so(sweep: Any) -> None:
    Path("base.yaml").unlink()
    answer = sweep()
    assert answer.exit_code == 2
    assert "base.yaml" in answer.stderr


def test_a_sweep_keeps_what_was_loaded(sweep: Any, tables: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from escalation_sim.report import sweep as sweeping

    assert sweep().exit_code == 0
    before, drive = tables("out"), sweeping.drive
    Path("out").rename("first")

    def edited(*words: Any) -> None:
        EDITS["edited"](Path("reef.yaml"))
        drive(*words)

    monkeypatch.setattr(sweeping, "drive", edited)
    assert sweep().exit_code == 0
    assert tables("out") == before
