"""From a Scenario back to text, and from the schema to what editors know of it."""

from __future__ import annotations

import json
import re
from typing import Any

from escalation_sim.scenario.schema import Scenario

_LONGEST_LINE = 110
# Text that every reader of YAML, 1.1 or 1.2, takes for text. All else stands in quotes, as in JSON.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/().-]*(?: [A-Za-z0-9_/().-]+)*", re.ASCII)
_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"}


def dump(scenario: Scenario) -> str:
    """The scenario as YAML that `load` reads back as an equal scenario.

    Equal scenarios give the same text: blocks in the order of the schema, lists in their own, names sorted.

    Examples
    --------
    >>> print(dump_tree({"id": "NO", "on": "2024-10-24", "troops": {"value": 1e4, "source": "ISW"}}), end="")
    id: "NO"
    "on": "2024-10-24"
    troops: {value: 10000.0, source: ISW}
    """
    tree = scenario.model_dump(
        mode="json",
        by_alias=True,
        exclude_none=True,
        exclude={"variants"} | {key for key in ("levers", "designs") if not getattr(scenario, key)},
    )
    text = dump_tree({"format_version": tree.pop("format_version"), **_for_readers(tree)})
    # Variants are trees: a null in them takes something away, and so must not be left out.
    return text + (dump_tree({"variants": scenario.variants}) if scenario.variants else "")


def _for_readers(node: Any) -> Any:
    """The tree with each block's id first, and without saying of each that it is switched on."""
    if isinstance(node, list):
        return [_for_readers(item) for item in node]
    if not isinstance(node, dict):
        return node
    first = {"id": node["id"]} if "id" in node else {}
    said = {key: _for_readers(item) for key, item in node.items() if (key, item) != ("enabled", True)}
    return first | said


def dump_tree(tree: dict[str, Any]) -> str:
    """Plain mappings, lists and scalars as YAML in block style; what fits on a line stands on one."""
    return "".join(f"{line}\n" for key, value in tree.items() for line in _lines(_scalar(key) + ":", value, 0))


def _lines(head: str, value: Any, indent: int) -> list[str]:
    """The lines of one entry, whose head is `key:` or `-`."""
    pad = " " * indent
    short = f"{pad}{head} {_flow(value)}"
    if not isinstance(value, (dict, list)) or not value or (_is_flat(value) and len(short) <= _LONGEST_LINE):
        return [short]
    if isinstance(value, dict):
        entries = [line for key, item in value.items() for line in _lines(_scalar(key) + ":", item, indent + 2)]
    else:
        entries = [line for item in value for line in _lines("-", item, indent + 2)]
    if head == "-":  # the first entry stands beside the dash
        return [f"{pad}- {entries[0].lstrip()}", *entries[1:]]
    return [pad + head, *entries]


def _is_flat(value: Any) -> bool:
    items = value.values() if isinstance(value, dict) else value
    return not any(isinstance(item, (dict, list)) and item for item in items)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.casefold() not in _WORDS
        return value if plain else json.dumps(value, ensure_ascii=False)
    if isinstance(value, float):
        text = repr(value)  # the shortest text that reads back as the same number
        return text if "." in text or "e" not in text else text.replace("e", ".0e")
    return json.dumps(value)


def json_schema() -> dict[str, Any]:
    """JSON Schema of a scenario file, in the draft (7) that editors understand.

    >>> json_schema()["$schema"], "Rule" in json_schema()["definitions"]
    ('http://json-schema.org/draft-07/schema#', True)
    """
    schema = Scenario.model_json_schema(by_alias=True, ref_template="#/definitions/{model}")
    definitions = schema.pop("$defs")
    quantity = definitions["Quantity"]
    definitions["Quantity"] = {"anyOf": [{"type": "number"}, quantity], "description": quantity.pop("description")}
    required = schema.pop("required")  # a scenario that extends another need not say everything again
    schema |= {"if": {"required": ["extends"]}, "else": {"required": required}}
    schema["properties"]["variants"]["additionalProperties"] = {
        "type": "object",
        "propertyNames": {"enum": sorted(schema["properties"].keys() - {"variants", "extends", "format_version"})},
    }
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **schema, "definitions": definitions}
    result: dict[str, Any] = _as_draft_7(schema)
    return result


def _as_draft_7(node: Any) -> Any:
    """Tuples in the words of draft 7: `items` is the list of their types."""
    if isinstance(node, list):
        return [_as_draft_7(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _as_draft_7(item) for key, item in node.items()}
    if "prefixItems" in node:
        node["items"] = node.pop("prefixItems")
    return node
