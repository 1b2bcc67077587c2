"""Files that a stranger might send, or a damaged disk: none may be read, hang, or end in a traceback."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.check import check
from escalation_sim.scenario.load import load

BASE = b"format_version: 1\nid: x\n"

HOSTILE: dict[str, bytes] = {
    "empty": b"",
    "only a comment": b"# nothing\n",
    "only a document mark": b"---\n",
    "null": b"null\n",
    "null bytes": b"\x00" * 100,
    "latin-1": "title: Größe\n".encode("latin-1"),
    "utf-16": "title: x\n".encode("utf-16"),
    "truncated utf-8": b"title: \xe2\x82",
    "overlong utf-8": b"title: \xc0\xaf\n",
    "surrogate": b"title: \xed\xa0\x80\n",
    "escaped surrogate": b'title: "\\ud800"\n',
    "byte order mark inside": "id: x\nti\ufefftle: y\n".encode(),
    "next line as a key": "id: x\n\x85: y\n".encode(),
    "reversed text": "title: all \u202e checks passed\n".encode(),
    "terminal escape": b"title: \x1b[2J\n",
    "deep flow list": b"a: " + b"[" * 50_000,
    "deep closed flow list": b"a: " + b"[" * 50_000 + b"]" * 50_000,
    "deep flow mapping": b"{a: " * 50_000,
    "deep block list": b"- " * 50_000,
    "deep block mapping": b"\n".join(b" " * depth + b"a:" for depth in range(600)),
    "question marks": b"? " * 50_000,
    "alias bomb": b"a: &a [x, x]\n" + b"".join(b"%c: &%c [*%c, *%c]\n" % (c, c, c - 1, c - 1) for c in b"bcdefghij"),
    "merge bomb": b"a: &a {x: 1}\n" + b"".join(b"%c: &%c {<<: [*%c, *%c]}\n" % (c, c, c - 1, c - 1) for c in b"bcdefg"),
    "many items": b"a: [" + b"1," * 100_000 + b"]\n",
    "many lines": b"a:\n" + b"- 1\n" * 60_000,
    "many keys": b"".join(b"key%d: 1\n" % number for number in range(20_000)),
    "many unknown states": BASE + b"states:\n" + b"".join(b"- {id: S%d, x: 1}\n" % n for n in range(3_000)),
    "one long word": b"title: " + b"x" * 250_000,
    "one long number": b"horizon: " + b"9" * 250_000,
    "one long float": b"horizon: 0." + b"9" * 250_000,
    "one long key": b"x" * 250_000 + b": 1\n",
    "one long comment": b"#" + b"x" * 250_000,
    "too large": b"#" * 300_000,
    "quotes without end": b'title: "' + b"x\n" * 100_000,
    "timestamps": b"!!timestamp nope\n",
    "bool tag": b"a: !!bool maybe\n",
    "binary tag": b"a: !!binary ////\n",
    "python tag": b"a: !!python/object/apply:os.abort []\n",
    "tag directive": b"%TAG ! tag:example.org,2000:\n---\na: !x 1\n",
    "version directive": b"%YAML 1.3\n---\na: 1\n",
    "unknown directive": b"%FOO bar\n---\na: 1\n",
    "three documents": b"a: 1\n---\n---\n",
    "curly": b"}{\n",
    "ampersand": b"&\n",
    "star": b"a: *\n",
    "block scalar header": b"a: |99\n",
    "html": b"<!doctype html><p>&nbsp;</p>\n",
    "json with trailing comma": b'{"id": "x",,}\n',
}


# Loads each of the files named in a child of its own, and tells the most memory that took. A fork begins at what its
# parent has now; a program that is started anew begins at the most that who started it ever had, which tells nothing.
FORKS = """
import os, sys
from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.load import load
for file in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        try:
            load(file)
        except ScenarioError:
            os._exit(0)
        finally:
            os._exit(1)
    _, status, usage = os.wait4(child, 0)
    print(usage.ru_maxrss, status)
"""


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """Kilobytes that refusing each file takes, beyond what the program takes for a file of no size."""
    folder = tmp_path_factory.mktemp("hostile")
    files = {name: folder / f"{number}.yaml" for number, name in enumerate(HOSTILE)}
    for name, file in files.items():
        file.write_bytes(HOSTILE[name])
    words = [sys.executable, "-c", FORKS, *map(str, files.values())]
    told = subprocess.run(words, check=True, capture_output=True, text=True, timeout=240).stdout.splitlines()
    kilobytes = {name: int(line.split()[0]) for name, line in zip(HOSTILE, told, strict=True)}
    assert {line.split()[1] for line in told} == {"0"}
    return {name: one - kilobytes["empty"] for name, one in kilobytes.items()}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_at_once(name: str, tmp_path: Path, memory: dict[str, int]) -> None:
    file = tmp_path / "scenario.yaml"
    file.write_bytes(HOSTILE[name])
    started = time.process_time()
    with pytest.raises(ScenarioError) as refused:
        load(file)
    lines = refused.value.problems
    assert time.process_time() - started < 2, "seconds"
    assert memory[name] < 100_000, "kilobytes"
    assert 1 <= len(lines) <= 12
    assert all(line.isprintable() and len(line) < 500 for line in lines), lines


SMALL = Path(__file__).parents[1] / "cases" / "valid" / "small.yaml"
LINES = SMALL.read_text(encoding="utf-8").splitlines(keepends=True)
edits = st.tuples(
    st.integers(0, len(LINES) - 1),
    st.sampled_from(["drop", "double", "indent", "replace"]),
    st.integers(0, 60),
    st.sampled_from("{}[]:,-#&*!|>'\"%@`~ \t\n0x?"),
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that each example overwrites."""
    return tmp_path_factory.mktemp("spoiled") / "scenario.yaml"


@hypothesis_settings(deadline=None, max_examples=80)
@given(st.lists(edits, min_size=1, max_size=3))
def test_a_spoiled_scenario_is_either_sound_or_refused_in_plain_lines(
    file: Path, changes: list[tuple[int, str, int, str]]
) -> None:
    lines = list(LINES)
    for number, edit, column, character in changes:
        line = lines[number]
        spoiled = line[:column] + character + line[column + 1 :]
        lines[number] = {"drop": "", "double": line * 2, "indent": "  " + line, "replace": spoiled}[edit]
    file.write_text("".join(lines), encoding="utf-8")
    for problem in check(file):
        assert problem.isprintable()
        assert "Input should" not in problem
        assert ".yaml:" in problem or problem.startswith(("and ", "with variant "))
