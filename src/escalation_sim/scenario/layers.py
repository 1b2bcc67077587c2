"""Layers of a scenario: what it extends, its variants and the settings of the command line, merged as trees.

Mappings merge key by key and lists of blocks with an `id` block by block (an unknown id is appended); all
else is replaced. A number with a `value` or a `dist` is replaced whole: its old source does not vouch for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from escalation_sim.scenario.claims import is_claim, stamp
from escalation_sim.scenario.messages import (
    Marks,
    Path,
    Place,
    address,
    did_you_mean,
    dotted,
    position,
    printable,
    refuse,
    shown,
    unknown,
)
from escalation_sim.scenario.schema import Scenario


@dataclass
class Tree:
    """Plain mappings, lists and scalars, and where each of them stands."""

    value: Any
    marks: Marks


def merged(base: Any, layer: Any) -> Any:
    """The base with a layer on top; neither is changed.

    >>> merged({"a": 1, "l": [{"id": "x", "n": 1}]}, {"l": [{"id": "x", "m": 2}, {"id": "y"}]})
    {'a': 1, 'l': [{'id': 'x', 'n': 1, 'm': 2}, {'id': 'y'}]}
    >>> merged({"value": 1.0, "source": "a book"}, {"value": 2.0})
    {'value': 2.0}
    """
    if isinstance(base, dict) and isinstance(layer, dict) and not layer.keys() & {"value", "dist"}:
        return base | {key: merged(base[key], item) if key in base else item for key, item in layer.items()}
    if isinstance(base, list) and isinstance(layer, list) and _blocks(base) and _blocks(layer):
        over = {item["id"]: item for item in layer}
        kept = [merged(item, over.pop(item["id"])) if item["id"] in over else item for item in base]
        return kept + list(over.values())
    return layer


def _blocks(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in items)


def with_variant(value: dict[str, Any], marks: Marks, name: str) -> dict[str, Any]:
    """Lay a named variant of the scenario over it; its places are entered into the marks."""
    variants = value.get("variants")
    known = variants if isinstance(variants, dict) else {}
    if name not in known:
        refuse([unknown("variant", name, known)])
    layer = known[name]
    if not isinstance(layer, dict):
        return value  # validation says that a variant is a mapping
    for key in ("extends", "variants", "format_version"):
        if key in layer:
            path = ("variants", name, key)
            place = marks.place(path, of_key=True)
            refuse([f"{place}: {dotted(path)}: a variant cannot say '{key}'; take it out"])
    own = marks.below(("variants", name))
    marks.update(own)
    result: dict[str, Any] = _copied(merged(value, layer))
    for claim in filter(is_claim, own.values):  # a variant is a what-if: its numbers need no other reason
        stamp(result, claim, marks, f"assumed in the variant '{name}'")
    return result


def with_setting(value: dict[str, Any], marks: Marks, setting: str, read: Callable[[str, str], Tree]) -> dict[str, Any]:
    """Lay one "path=value" of the command line over a scenario.

    The path goes through mappings by key and through lists by id; the value is read by `read(text, source)`.
    """
    name, equals, text = setting.partition("=")
    source = f"--set {printable(setting, 100)}"
    parts = tuple(name.strip().split("."))
    if not equals or not all(parts):
        refuse([f"{source}: write --set path=value, such as --set states.RUS.capability=0.1"])
    if parts[0] in {"extends", "variants", "format_version"}:
        refuse([f"{source}: '{parts[0]}' cannot be set; write a scenario that extends this one"])
    own = Scenario.model_fields.get(parts[0])
    if own and own.default == () and not value.get(parts[0]):
        refuse([f"{source}: the scenario has no '{parts[0]}' of its own, so there is none to set"])
    tree = read(text, source)
    path: Path = ()
    value = _copied(value)
    holder: Any = value
    for part in parts[:-1]:
        step = _step(holder, part, source, path)
        if isinstance(holder, dict) and holder.get(str(step)) is None:
            holder[str(step)] = {}
            marks.values[*path, step] = Place(source)
        index = step if isinstance(holder, dict) else position(holder, step)
        number = isinstance(holder[index], (int, float)) and not isinstance(holder[index], bool)
        if number:  # a plain number is short for a mapping that has only a value
            holder[index] = {"value": holder[index]}
        holder, path = holder[index], (*path, step)
    last = _step(holder, parts[-1], source, path)
    holder[last if isinstance(holder, dict) else position(holder, last)] = tree.value
    path = (*path, last)
    for below in tree.marks.values or ((),):
        marks.values[*path, *below] = Place(source)
        marks.keys[*path, *below] = Place(source)
    stamp(value, path, marks, "set on the command line")
    return value


def _copied(value: Any) -> Any:
    """A deep copy of the containers; scalars are shared."""
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _step(holder: Any, part: str, source: str, path: Path) -> str | int:
    """The next step of a path: a key of a mapping, or the address of an item of a list that has it."""
    if isinstance(holder, dict):
        return part
    if not isinstance(holder, list):
        refuse([f"{source}: '{dotted(path)}' is {shown(holder)}, which has no part '{printable(part)}'"])
    known = {str(address(item, index)): address(item, index) for index, item in enumerate(holder)}
    if part not in known:
        near = did_you_mean(part, known) or (f"; there are: {', '.join(list(known)[:12])}" if known else "")
        refuse([f"{source}: '{dotted(path)}' has no '{printable(part)}'{near}"])
    return known[part]
