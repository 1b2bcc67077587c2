"""Which numbers of a scenario claim something about the world, and so must say what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from escalation_sim.scenario.messages import Marks, Path, Problem, position
from escalation_sim.scenario.schema import Event, Quantity, Scenario, Sourced

STATE_FACTS = ("capability", "military_spending", "personnel", "warheads", "regime")
_EFFORT = ("troops", "needed", "losses_per_week", "recruits_per_week", "winter_losses", "tolerance", "rear_value")
_FIELDS = {
    "states": STATE_FACTS,
    "commitments": ("reliability",),
    "support": ("troops",),
    "events": ("probability", "troops", "recruits_per_week"),
    "efforts": _EFFORT,
}
_VOUCHERS = {"source", "basis", "because"}


def claims(scenario: Scenario) -> Iterator[tuple[Path, Quantity, Sourced]]:
    """Every quantity that claims something, with its path and the block that may vouch for it."""
    for name, fields in _FIELDS.items():
        for block in getattr(scenario, name):
            here = (name, block.state if name == "efforts" else block.id)
            for field in fields:
                if (quantity := getattr(block, field)) is not None:
                    yield (*here, field), quantity, block
            if isinstance(block, Event) and block.hazard:
                yield (*here, "hazard", "rate"), block.hazard.rate, block
    for rule in scenario.rules:
        for gate, quantity in rule.then.items():
            yield ("rules", rule.id, "then", gate), quantity, rule


def unfounded(scenario: Scenario) -> Iterator[Problem]:
    """A problem for each number that claims something and does not say what it rests on."""
    for path, quantity, block in claims(scenario):
        default = type(block).model_fields[str(path[2])].default if str(path[2]) in type(block).model_fields else None
        if quantity == default:
            continue  # the schema's own default is reasoned there
        basis, cited = quantity.basis or block.basis, quantity.source or block.source
        if not cited and basis in ("fact", "estimated"):
            yield Problem(path, f"basis '{basis}' needs a 'source' beside it")
        elif not (cited or quantity.because or block.because):
            yield Problem(
                path, "this number does not say what it rests on; give it or its block a 'source', or a 'because'"
            )


def stamp(value: dict[str, Any], path: Path, marks: Marks, because: str) -> None:
    """Let a number that was set at this path of a tree say by whom, in place of its old source.

    The tree is changed. Nothing happens where no claim is set or the new number brings its own reasons.
    """
    depth = _claim_depth(path)
    if depth is None or _VOUCHERS & set(path[depth:]):
        return
    holder: Any = value
    for step in path[: depth - 1]:
        holder = holder[step if isinstance(holder, dict) else position(holder, step)]
    key = path[depth - 1]
    quantity = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(quantity, (int, float)) and not isinstance(quantity, bool):
        quantity = {"value": quantity}
    if not isinstance(quantity, dict) or (len(path) == depth and _VOUCHERS & quantity.keys()):
        return
    kept = {name: item for name, item in quantity.items() if name not in _VOUCHERS}
    holder[key] = kept | {"basis": "elicited", "because": because}
    for name in holder[key]:
        marks.values.setdefault((*path[:depth], name), marks.values[path])


def is_claim(path: Path) -> bool:
    """Whether a path of a tree leads to a number that claims something.

    >>> is_claim(("rules", "seoul", "then", "arm")), is_claim(("states", "UKR", "cow"))
    (True, False)
    """
    return _claim_depth(path) == len(path)


def _claim_depth(path: Path) -> int | None:
    """Length of the path up to the quantity it sets or reaches into; None if it sets no quantity."""
    head = path[0] if path else ""
    if head == "coefficients":
        depth = {"initiative": 4, "reply": 4, "violence": 4, "war_end": 3, "memory": 3, "frailty_sd": 2}.get(
            str(path[1:2] and path[1])
        )
    elif path[2:3] == ("then",) or path[2:4] == ("hazard", "rate"):
        depth = 4
    else:
        depth = 3 if path[2:3] and path[2] in _FIELDS.get(str(head), ()) else None
    return depth if depth is not None and len(path) >= depth else None
