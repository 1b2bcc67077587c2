"""The one way to change the baseline: `python tests/baseline/update.py --because "the reason, in a sentence"`.

It measures every case, refuses if draws changed but `draws.STREAM_VERSION` did not, writes `hashes.json`, and puts the
reason, with the cases it moved, into the Unreleased section of `CHANGELOG.md` under Changed. Without such a section it
refuses: a result that changes is notable.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cases

CHANGELOG = cases.REPOSITORY / "CHANGELOG.md"
_SECTION = re.compile(r"^## [^\n]*Unreleased.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_WIDTH, _SHORTEST = 126, 10


def moved(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Names of the cases that are new, gone or different."""
    old, new = before["cases"], now["cases"]
    return [
        name
        for name in dict.fromkeys([*new, *old])
        if name not in old or name not in new or cases.differences(old[name], new[name])
    ]


def refusal(before: Mapping[str, Any], now: Mapping[str, Any], because: str, changelog: str) -> str:
    """Why the baseline may not be changed like this, or nothing."""
    if len(because.split()) < 3 or len(because) < _SHORTEST:
        return "say in a sentence why results change: --because '...'"
    if before.get("draws", now["draws"]) != now["draws"] and before["stream_version"] == now["stream_version"]:
        return "draws changed: raise STREAM_VERSION in src/escalation_sim/draws.py first"
    if not (section := _SECTION.search(changelog)) or "\n### Changed\n" not in section[0]:
        return "CHANGELOG.md has no Unreleased section with a heading '### Changed'; add them"
    return ""


def noted(changelog: str, because: str, names: list[str]) -> str:
    """The changelog with a line under Changed of its Unreleased section.

    >>> print(noted("## [1.0] - Unreleased\\n\\n### Changed\\n\\n- Old.\\n", "A rule is read anew.", ["a"]))
    ## [1.0] - Unreleased
    <BLANKLINE>
    ### Changed
    <BLANKLINE>
    - A rule is read anew. Baseline results change: a.
    - Old.
    <BLANKLINE>
    """
    which = ", ".join(names) if len(names) < len(cases.CASES) else "all"
    line = textwrap.fill(f"- {because} Baseline results change: {which}.", _WIDTH, subsequent_indent="  ")
    section = _SECTION.search(changelog)
    assert section is not None
    place = section.start() + section[0].index("\n### Changed\n") + len("\n### Changed\n")
    return f"{changelog[:place]}\n{line}{changelog[place:]}"


def update(because: str, file: Path = cases.FILE, changelog: Path = CHANGELOG) -> str:
    """Measure, and write both files; what was done, in a sentence."""
    before = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {"cases": {}}
    now = cases.measure(lambda name: sys.stderr.write(f"{name}\n"))
    names = moved(before, now)
    if not names and {**now, "because": before["because"]} == before:
        return "Nothing differs; nothing was written."
    text = changelog.read_text(encoding="utf-8")
    if why := refusal(before, now, because, text):
        sys.exit(f"Refused: {why}.")
    changelog.write_text(noted(text, because, names), encoding="utf-8")
    file.write_text(json.dumps({"because": because, **now}, indent=1) + "\n", encoding="utf-8")
    return f"{len(names)} of {len(now['cases'])} cases moved; both files are written."


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    asked.add_argument("--because", required=True, help="Why results change; it goes into CHANGELOG.md.")
    print(update(asked.parse_args().because))
