"""A first scenario for someone who wants to write one: small, complete, every key explained."""

from __future__ import annotations

import re

from escalation_sim.errors import ScenarioError
from escalation_sim.scenario.extends import LIBRARY
from escalation_sim.scenario.messages import printable
from escalation_sim.scenario.quantity import ID


def new_scenario(name: str) -> str:
    """The text of a commented starter scenario of that name.

    Parameters
    ----------
    name : str
        Becomes the `id` and, put into words, the `title`.

    Raises
    ------
    ScenarioError
        If the name is no id: a letter first, then at most 63 letters, digits, hyphens and underscores.

    >>> [line.split("#")[0].rstrip() for line in new_scenario("south-china-sea").splitlines() if "title: " in line][0]
    'title: "South china sea"'
    """
    if not re.fullmatch(ID.removesuffix("$"), name):
        what = "begin with a letter, then up to 63 letters, digits, '-' or '_', such as south-china-sea"
        raise ScenarioError([f"'{printable(name)}' cannot name a scenario; {what}"])
    words = re.sub(r"[-_]+", " ", name).strip()
    text = (LIBRARY / "scenarios" / "starter.yaml").read_text(encoding="utf-8")
    text = _with_value(text, "id", name)
    return _with_value(text, "title", words[:1].upper() + words[1:])


def _with_value(text: str, key: str, value: str) -> str:
    """The text with another value after a key at its margin, and the comment behind it as it was.

    The value is put in quotes, because a name such as `no` or `null` means something else without them.
    """

    def line(old: re.Match[str]) -> str:
        return f'{key}: "{value}"'.ljust(len(old[1])) + f" {old[2]}"

    return re.sub(rf"(?m)^({key}: .*?) (#.*)$", line, text, count=1)
