"""The small words of the scenario language: ids, durations, dates, and numbers that say what they rest on."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator
from pydantic_core import core_schema

ID = r"^[A-Za-z][A-Za-z0-9_-]{0,63}$"
Id = Annotated[str, Field(pattern=ID)]
Text = Annotated[str, Field(min_length=1, max_length=4000)]
Basis = Literal["fact", "estimated", "elicited"]

Pair = Annotated[tuple[Id, Id], Field(strict=False)]
Ids = Annotated[tuple[Id, ...], Field(strict=False, min_length=1)]

DAYS = {"day": 1.0, "week": 7.0, "month": 365.25 / 12, "year": 365.25}
_UNITS = {"h": 1 / 24, "hour": 1 / 24, "d": 1.0, "w": 7.0, "y": 365.25} | DAYS
_DURATION = re.compile(r"^\s*([0-9]+(?:\.[0-9]+)?)\s*([a-z]+?)s?\s*$")
_ISO_DURATION = re.compile(r"^P(?:(\d+)W|(?:(\d+)D)?(?:T(\d+)H)?)$")


def days(text: object) -> float:
    """Length of a duration in days: `2 weeks`, `7d`, `36h`, `P7D`, `P2W`.

    Raises
    ------
    ValueError
        If the text is not a positive duration.

    >>> days("2 weeks"), days("7d"), days("P1DT12H"), days("1 year")
    (14.0, 7.0, 1.5, 365.25)
    """
    if isinstance(text, str):
        iso = _ISO_DURATION.match(text) if text.startswith("P") else None
        if iso and any(iso.groups()):
            weeks, whole, hours = (int(part or 0) for part in iso.groups())
            length = 7.0 * weeks + whole + hours / 24
        else:
            match = _DURATION.match(text)
            unit = _UNITS.get(match[2]) if match else None
            length = float(match[1]) * unit if match and unit else math.nan
        if 0 < length < 1e6:
            return length
        if length >= 1e6:
            raise ValueError(f"{text!r} is too long; a duration is below a million days")
    raise ValueError(f"{text!r} is not a duration; write '2 weeks', '7d', '36h' or 'P7D'")


def calendar_day(text: object) -> dt.date:
    """A date written as YYYY-MM-DD (nothing else is a date here).

    >>> calendar_day("2024-10-24")
    datetime.date(2024, 10, 24)
    """
    if isinstance(text, dt.date) and not isinstance(text, dt.datetime):
        return text
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError(f"{text!r} is not a date of the calendar; write YYYY-MM-DD, such as 2024-10-24")


Duration = Annotated[
    float,
    BeforeValidator(days, json_schema_input_type=str),
    PlainSerializer(lambda length: f"{length!r} days", return_type=str),
]
Date = Annotated[dt.date, BeforeValidator(calendar_day, json_schema_input_type=str)]


# `true` and `1.0` equal 1, but are not what a file of version 1 says; as text they are refused.
Version = Annotated[Literal[1], BeforeValidator(lambda said: said if type(said) is int else str(said))]


class Block(BaseModel):
    """A mapping of the file: unknown keys are refused, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False, populate_by_name=True)


MOST = 1e12  # in size, of any number of a scenario: sums and products of such numbers are finite

DISTRIBUTIONS: dict[str, tuple[set[str], set[str]]] = {  # scipy.stats name -> required and optional parameters
    "norm": ({"loc", "scale"}, set()),
    "uniform": ({"loc", "scale"}, set()),
    "triang": ({"c", "loc", "scale"}, set()),
    "beta": ({"a", "b"}, {"loc", "scale"}),
    "lognorm": ({"s", "scale"}, {"loc"}),
    "gamma": ({"a", "scale"}, {"loc"}),
    "truncnorm": ({"a", "b", "loc", "scale"}, set()),
    "expon": ({"scale"}, {"loc"}),
    "loguniform": ({"a", "b"}, set()),
}


class Quantity(Block):
    """A number, what it rests on, and how unsure it is.

    Either `value` (with `se`: normal with that standard error) or `dist` with the parameters that scipy.stats gives
    that distribution. A plain number in a file is short for `{value: number}`.
    """

    value: float | None = None
    se: Annotated[float, Field(ge=0)] | None = None
    dist: str | None = None
    a: float | None = None
    b: float | None = None
    c: float | None = None
    s: float | None = None
    loc: float | None = None
    scale: Annotated[float, Field(gt=0)] | None = None
    n: Annotated[float, Field(ge=0)] | None = None
    unit: Text | None = None
    year: int | None = None
    basis: Basis | None = None
    source: Text | None = None
    because: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        if isinstance(data, (int, float)) and not isinstance(data, bool):
            return {"value": float(data)}
        if not isinstance(data, (dict, Quantity)):
            raise ValueError(f"{data!r} is not a number; write a number, {{value: ..}} or {{dist: .., ..}}")
        return data

    @model_validator(mode="after")
    def _whole(self) -> Quantity:
        for key in ("value", "se", "a", "b", "c", "s", "loc", "scale"):
            if abs(getattr(self, key) or 0.0) > MOST:
                raise ValueError(f"no number here may exceed {MOST:g} in size, but '{key}' does")
        if (self.value is None) == (self.dist is None):
            raise ValueError("a quantity has either 'value' or 'dist', and not both")
        given = {key for key in ("a", "b", "c", "s", "loc", "scale") if getattr(self, key) is not None}
        if self.dist is None:
            if given:
                raise ValueError(f"parameters {sorted(given)} need a 'dist'")
            return self
        if self.dist not in DISTRIBUTIONS:
            raise ValueError(f"unknown distribution '{self.dist}'; known: {', '.join(sorted(DISTRIBUTIONS))}")
        required, optional = DISTRIBUTIONS[self.dist]
        if not required <= given <= required | optional or self.se is not None:
            names = ", ".join(sorted(required)) + (f" (and may have {', '.join(sorted(optional))})" if optional else "")
            raise ValueError(f"distribution '{self.dist}' takes the parameters {names}")
        self._check_parameters()
        return self

    def _check_parameters(self) -> None:
        a, b, c = self.a, self.b, self.c
        if self.dist in {"beta", "gamma"} and any(x is not None and x <= 0 for x in (a, b)):
            raise ValueError(f"distribution '{self.dist}' needs shape parameters above 0")
        if self.dist == "lognorm" and (self.s or 0) <= 0:
            raise ValueError("distribution 'lognorm' needs s > 0")
        if self.dist == "triang" and not 0 <= (c or 0) <= 1:
            raise ValueError("distribution 'triang' needs 0 <= c <= 1 (the mode is loc + c * scale)")
        if self.dist in {"truncnorm", "loguniform"} and not (a is not None and b is not None and a < b):
            raise ValueError(f"distribution '{self.dist}' needs a < b")
        if self.dist == "loguniform" and (a or 0) <= 0:
            raise ValueError("distribution 'loguniform' needs a > 0")

    def support(self) -> tuple[float, float]:
        """Smallest and largest value the quantity can take.

        >>> Quantity(dist="beta", a=2.0, b=5.0).support()
        (0.0, 1.0)
        """
        if self.value is not None:
            return (-math.inf, math.inf) if self.se else (self.value, self.value)
        loc, scale = self.loc or 0.0, self.scale or 1.0
        if self.dist == "norm":
            return (-math.inf, math.inf)
        if self.dist in {"beta", "uniform", "triang"}:
            return (loc, loc + scale)
        if self.dist == "truncnorm":
            return (loc + (self.a or 0) * scale, loc + (self.b or 0) * scale)
        if self.dist == "loguniform":
            return (self.a or 0, self.b or 0)
        return (loc, math.inf)


def _within(low: float, high: float, what: str) -> Any:
    def check(quantity: Quantity) -> Quantity:
        bottom, top = quantity.support()
        if not (low <= bottom and top <= high):
            raise ValueError(f"{what} lies in [{low:g}, {high:g}], but this can be {bottom:g} to {top:g}")
        return quantity

    return check


class _Checked:  # marks a Quantity with the range its whole support must lie in
    def __init__(self, low: float, high: float, what: str) -> None:
        self.check = _within(low, high, what)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        return core_schema.no_info_after_validator_function(self.check, handler(source))


Chance = Annotated[Quantity, _Checked(0.0, 1.0, "a probability")]
Amount = Annotated[Quantity, _Checked(0.0, math.inf, "this number")]


class Sourced(Block):
    """A block that may say where it comes from."""

    source: Text | None = None
    basis: Basis | None = None
    because: Text | None = None
    enabled: bool = True
