"""From a plain tree to a Scenario, and from the validation library's jargon to plain sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from escalation_sim.scenario.messages import (
    B,
    Marks,
    Path,
    Problem,
    address,
    did_you_mean,
    lines,
    plural,
    printable,
    refuse,
    remember,
    shown,
)
from escalation_sim.scenario.schema import RELATIONS

_SELECTOR = (
    "{0} names no states; write a state's id, a list of ids, the id of a commitment, "
    f"one of {', '.join(RELATIONS)}, or {{{{anyone_but: [ids]}}}}"
)
_ID = "{0} is not an id; use letters, digits, '-' and '_', a letter first, at most 64 of them"
_SENTENCES = {  # kind of error -> sentence; {0} is the value, the rest comes from the error's context
    "string_type": "{0} is not text; put it in quotes if it is meant as text",
    "string_too_short": "the text is empty",
    "string_too_long": "the text is longer than {max_length} characters",
    "string_pattern_mismatch": _ID,
    "float_type": "{0} is not a number",
    "int_type": "{0} is not a whole number",
    "int_from_float": "{0} is not a whole number",
    "bool_type": "{0} is neither true nor false; write true or false",
    "finite_number": "{0} is not a finite number",
    "greater_than_equal": "{0} is below {ge:g}, the least it can be",
    "greater_than": "{0} is not above {gt:g}",
    "less_than_equal": "{0} is above {le:g}, the most it can be",
    "less_than": "{0} is not below {lt:g}",
    "tuple_type": "{0} is not a list; write [..] or lines that begin with '- '",
    "list_type": "{0} is not a list; write [..] or lines that begin with '- '",
    "dict_type": "{0} is not a mapping; write lines of 'key: value'",
    "model_type": "{0} is not a mapping; write lines of 'key: value'",
    "model_attributes_type": "{0} is not a mapping; write lines of 'key: value'",
}


def validated_as(kind: type[B], value: dict[str, Any], marks: Marks) -> B:
    """The tree as what a file of this kind says; it remembers its places.

    Raises
    ------
    ScenarioError
        All that is wrong with the types and ranges of the tree, in the order of the file.
    """
    try:
        return remember(kind.model_validate(_with_tuples(value)), marks)
    except ValidationError as error:
        found = [(_path(value, detail["loc"]), detail) for detail in error.errors(include_url=False)]
        refuse(lines(_problems(kind, found), marks))


def _with_tuples(value: dict[str, Any]) -> dict[str, Any]:
    """Strict validation takes only tuples for tuples; variants stay as they are, they are trees."""

    def converted(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: converted(inner) for key, inner in item.items()}
        return tuple(map(converted, item)) if isinstance(item, list) else item

    return {key: item if key == "variants" else converted(item) for key, item in value.items()}


def _path(value: Any, loc: tuple[str | int, ...]) -> tuple[Path, Path, Any, bool]:
    """Where an error lies: its path, the same in keys of the schema, the value there, if in a union.

    The library puts the names of the alternatives of a union into its locations; the path ends there.
    """
    path: list[str | int] = []
    fields: list[str | int] = []
    for step in loc:
        if isinstance(value, dict) and step in value:
            value = value[step]
            path.append(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            path.append(address(value[step], step))
            value = value[step]
        else:
            in_union = step == "AnyoneBut" or str(step).startswith(("constrained-str", "tuple["))
            return tuple(path), tuple(fields), value, in_union
        fields.append(step)
    return tuple(path), tuple(fields), value, False


def _problems(kind: type[BaseModel], found: list[tuple[tuple[Path, Path, Any, bool], Any]]) -> Iterator[Problem]:
    unions = set()
    for (path, fields, value, in_union), detail in found:
        if not in_union and detail["type"] == "extra_forbidden":
            yield _unknown_key(path, str(detail["loc"][-1]), _keys_at(kind, fields[:-1]))
        elif not in_union:
            yield from _problem(path, value, detail)
        elif path not in unions:
            unions.add(path)
            yield Problem(path, _SELECTOR.format(shown(value)))


def _unknown_key(path: Path, key: str, known: set[str]) -> Problem:
    near = did_you_mean(key, known) or f"; known here: {', '.join(sorted(known))}"
    return Problem(path, f"unknown key '{printable(key)}'{near}", of_key=True)


def _problem(path: Path, value: Any, detail: Any) -> Iterator[Problem]:
    kind, context, last = detail["type"], detail.get("ctx", {}), detail["loc"][-1] if detail["loc"] else ""
    if kind == "missing" and isinstance(last, int):
        yield Problem(path, f"the list has {plural(len(value), 'item')}, but needs more")
    elif kind == "missing":
        yield Problem(path, f"'{last}' is missing", of_key=True)
    elif kind in {"too_short", "too_long"}:
        size = len(value) if isinstance(value, (list, dict)) else 0
        least, most = context.get("min_length", 0), context.get("max_length")
        if size < least or (most is not None and size > most):  # else items that failed were not counted
            wanted = f"at least {least}" if size < least else f"at most {most}"
            yield Problem(path, f"the list has {plural(size, 'item')}, but takes {wanted}")
    elif kind == "literal_error":
        allowed = re.findall(r"'([^']*)'", context["expected"]) or [context["expected"]]
        near = did_you_mean(str(value), allowed)
        yield Problem(path, f"{shown(value)} is not {' or '.join(allowed)}{near}")
    elif kind == "value_error":
        yield Problem(path, _own(str(context["error"]), value))
    elif last == "[key]":
        yield Problem(path, _ID.format(shown(detail["input"])), of_key=True)
    elif kind in _SENTENCES:
        yield Problem(path, _SENTENCES[kind].format(shown(value), **context))
    else:
        yield Problem(path, printable(detail["msg"].removeprefix("Input should be "), 200))


def _own(message: str, value: Any) -> str:
    """A sentence of the schema itself, with the value written as in the file."""
    if said := re.match(r".*(?= is not a (number|duration|date))", message, re.DOTALL):
        message = shown(value) + message[said.end() :]
    return printable(re.sub(r"this can be (\S+) to \1$", r"this is \1", message), 400)


def _keys_at(root: type[BaseModel], fields: Path) -> set[str]:
    """The keys that a file may write at a place of the schema."""
    kinds: list[Any] = [root]
    for step in fields:
        kinds = [inner for kind in kinds for inner in _inside(kind, step)]
    return {field.alias or name for kind in kinds for name, field in _fields(kind).items()}


def _inside(kind: Any, step: str | int) -> list[Any]:
    """The types that a step into a type may lead to, without the unions around them."""
    fields = {field.alias or name: field.annotation for name, field in _fields(kind).items()}
    inner = fields.get(str(step)) if fields else get_args(kind)[-1 if get_origin(kind) is dict else 0]
    return _alternatives(inner)


def _alternatives(kind: Any) -> list[Any]:
    if get_origin(kind) in {Annotated, Union, UnionType}:
        inner = get_args(kind)[:1] if get_origin(kind) is Annotated else get_args(kind)
        return [one for part in inner for one in _alternatives(part)]
    return [kind] if get_origin(kind) or _fields(kind) else []


def _fields(kind: Any) -> dict[str, FieldInfo]:
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else {}
