"""The coefficient table as types: what the packaged `library/coefficients.yaml` and a scenario's own rows may say."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from escalation_sim.scenario.quantity import Amount, Block, Id, Quantity, Text

GateTable = dict[Id, dict[Id, Quantity]]


class Correlation(Block):
    """Coefficients that were estimated together, and how their errors go together: the rows of a lower triangle."""

    of: Annotated[tuple[Text, ...], Field(strict=False, min_length=2)]  # such as initiative.threaten.intercept
    rows: Annotated[tuple[Annotated[tuple[float, ...], Field(strict=False)], ...], Field(strict=False)]

    @model_validator(mode="after")
    def _whole(self) -> Correlation:
        if len(set(self.of)) < len(self.of):
            raise ValueError("a coefficient stands twice in 'of'")
        if [len(row) for row in self.rows] != list(range(1, len(self.of))):
            raise ValueError("'rows' takes the lower triangle without its diagonal: 1 number, then 2, then 3 ...")
        for r in (r for row in self.rows for r in row if abs(r) > 1.0):
            raise ValueError(f"a correlation lies in [-1, 1], but this is {r:g}")
        return self


class Coefficients(Block):
    """Log-odds by phase, gate and covariate; the hazard at which wars end; memories; frailty; joint errors.

    `violence` links what is played to the classes of violence of past crises; it touches no scenario.
    """

    initiative: GateTable = Field(default_factory=dict)
    reply: GateTable = Field(default_factory=dict)
    war_end: dict[Id, Quantity] = Field(default_factory=dict)
    memory: dict[Id, Amount] = Field(default_factory=dict)
    frailty_sd: Amount | None = None
    violence: dict[Literal["minor", "serious", "war"], dict[Id, Quantity]] = Field(default_factory=dict)
    correlation: Annotated[tuple[Correlation, ...], Field(strict=False)] = ()
