"""F18: a gigabyte is enough, and a run needs no more of it for more replicates; want of it is told in a sentence."""

import sys
from typing import Any

import pytest

LIMIT = f"import resource; resource.setrlimit(resource.RLIMIT_AS, ({10**9}, {10**9}))"
# Not ru_maxrss, which begins at the most that who started the program ever had.
PEAK = """import atexit, pathlib, re, sys
def peak():
    return re.search(r"VmHWM:\\s+(\\d+) kB", pathlib.Path("/proc/self/status").read_text())[1]
atexit.register(lambda: print("peak", peak(), file=sys.stderr))"""
WORDS = ["run", "reef.yaml", "--rare", "none", "--no-figures", "--jobs", "2", "--out", "out"]
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of memory work otherwise there")


def test_want_of_memory_is_told_in_a_sentence(run: Any, monkeypatch: pytest.MonkeyPatch, place: Any) -> None:
    def greedy(*words: Any, **options: Any) -> None:
        raise MemoryError

    monkeypatch.setattr("escalation_sim.report.run.run_ensemble", greedy)
    answer = run("--out", "out")
    assert answer.exit_code == 4
    assert answer.stderr == "There is not enough memory; nothing more was written. Ask for fewer --replicates.\n"
    assert not (place / "out").exists()


@LINUX
@pytest.mark.slow
def test_one_gigabyte_is_enough(program: Any) -> None:
    program(*WORDS, "--replicates", "60", "--parameters", "3")  # which compiles if need be
    done = program(*WORDS, "--replicates", "60", "--parameters", "3", before=LIMIT)
    assert done.returncode == 0, done.stderr


@LINUX
@pytest.mark.slow
def test_ten_times_the_replicates_need_the_same_memory(program: Any) -> None:
    peaks = []
    for replicates in (20_000, 200_000):
        done = program(*WORDS, "--replicates", str(replicates), before=PEAK)
        assert done.returncode == 0, done.stderr
        peaks.append(int(done.stderr.split()[-1]))
    print(f"peak of 20,000 and 200,000 replicates: {peaks[0] / 1e3:.0f} and {peaks[1] / 1e3:.0f} MB")
    assert peaks[1] < 1.1 * peaks[0]
