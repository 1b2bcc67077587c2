"""The repository speaks of the software alone: no package index, no machine's folders, no credentials.

Each pattern breaks its own text with a character class, so that this file does not match itself.
"""

import re
import subprocess
from pathlib import Path

import pytest

FORBIDDEN = {
    "a package index": re.compile(
        r"py[p]i\.org|pythonhoste[d]|artifactor[y]|(?<![\w-])--(extra-)?inde[x]-url|--truste[d]-host"
        r"|https?://\S+/simpl[e]\b"
    ),
    # Not inside an address: https://example.org/home/page is no folder of a machine.
    "a folder of some machine": re.compile(
        r"(?<![\w.:/-])/(wor[k]|tm[p]|op[t]|roo[t]|hom[e]|User[s])/\w|\.\./share[d]/|[A-Z]:\\User[s]"
    ),
    "a credential": re.compile(
        r"gh[pousr]_\w{20}|github_pa[t]_|glpa[t]-\w{10}|AKI[A][0-9A-Z]{12}|xox[abprs]-\w{6}|sk-\w{20}"
        r"|-----BEGIN [A-Z ]*PRIVAT[E] KEY|https?://[^\s/@:]+:[^\s/@]+@"
    ),
}
LEFT_ASIDE = {
    ".git",
    ".venv",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    "__pycache__",
    "dist",
}


def files_of(repository: Path) -> list[Path]:
    """The files under version control; in an unpacked archive, all that no tool has made."""
    if (repository / ".git").exists():
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, check=True)
        tracked = [repository / name for name in listing.stdout.decode().split("\0") if name]
        return [file for file in tracked if file.is_file()]
    return [
        file
        for file in repository.rglob("*")
        if file.is_file() and not LEFT_ASIDE & set(file.relative_to(repository).parts)
    ]


def offences(text: str) -> list[str]:
    """What the text must not name, each as "line: kind: the match"."""
    return [
        f"{number}: {kind}: {match[0]}"
        for number, line in enumerate(text.splitlines(), start=1)
        for kind, pattern in FORBIDDEN.items()
        if (match := pattern.search(line))
    ]


def test_no_file_names_what_it_must_not(repository: Path) -> None:
    files = files_of(repository)
    assert files, f"no files under {repository}"
    found = {
        str(file.relative_to(repository)): lines
        for file in files
        if (lines := offences(file.read_text(encoding="utf-8", errors="replace")))
    }
    assert not found, found


# Joined here, so that the examples themselves stand nowhere in this file.
@pytest.mark.parametrize(
    "parts",
    [
        ("see https://py", "pi.org/project/mesa"),
        ("pip install --extra-", "index-url https://packages.example.org"),
        ("https://packages.example.org/sim", "ple"),
        ("open('/wo", "rk/data.csv')"),
        ("cache = /ho", "me/ada/.cache"),
        ("token: gh", "p_0123456789abcdefghij0123456789"),
        ("-----BEGIN RSA PRI", "VATE KEY-----"),
        ("https://ada:secret", "@example.org/"),
    ],
)
def test_a_planted_line_is_found(parts: tuple[str, str]) -> None:
    assert offences("a harmless line\n" + "".join(parts)), parts


@pytest.mark.parametrize("line", ["https://example.org/home/page", "docs/framework/page.md", "--no-emit-index-url"])
def test_a_harmless_line_is_left_alone(line: str) -> None:
    assert not offences(line)
