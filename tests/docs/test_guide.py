"""The guide tells how a command may end."""

import re
from pathlib import Path

from escalation_sim import errors

PAGE = (Path(__file__).parents[2] / "docs" / "README.md").read_text(encoding="utf-8")


def test_every_exit_code_of_an_error_is_told() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert {kind.exit_code for kind in kinds} == told - {0, 3}
    assert len(kinds) > 5
