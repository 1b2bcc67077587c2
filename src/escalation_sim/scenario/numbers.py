"""Layer one of the uncertainty, what we do not know: drawing every number of a scenario that is a distribution.

A number is addressed by the same dotted path that `--set` takes. Its draws depend on the seed, the number of the draw
and the path alone, so another uncertain number, more draws or another order change none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel
from scipy import special

from escalation_sim.draws import PARAMETER, entity_id, key_schedule, uniforms
from escalation_sim.scenario.schema import Correlation, Quantity, Rule, Scenario

Draw = Mapping[str, float]


def quantities(scenario: Scenario) -> Iterator[tuple[str, Quantity]]:
    """Every number of a scenario with its dotted path, list items by id (or by position where they have none)."""
    yield from _walk("", scenario)


def _walk(path: str, node: Any) -> Iterator[tuple[str, Quantity]]:
    if isinstance(node, Quantity):
        yield path, node
        return
    if isinstance(node, BaseModel):
        items: list[tuple[str, Any]] = [(name, getattr(node, name)) for name in type(node).model_fields]
    elif isinstance(node, dict):
        items = list(node.items())
    elif isinstance(node, tuple):
        items = [
            (getattr(item, "id", None) or getattr(item, "state", None) or str(i), item) for i, item in enumerate(node)
        ]
    else:
        return
    for name, item in items:
        yield from _walk(f"{path}.{name}" if path else name, item)


def is_random(quantity: Quantity) -> bool:
    """Whether a number is uncertain: a distribution, or a value with a standard error."""
    return quantity.dist is not None or bool(quantity.se)


def _triang(u: Any, c: float, loc: float, scale: float) -> Any:
    rising, falling = np.sqrt(c * u), 1.0 - np.sqrt((1.0 - c) * (1.0 - u))
    return loc + scale * np.where(u < c, rising, falling)


def _truncnorm(u: Any, a: float, b: float, loc: float, scale: float) -> Any:
    below, above = special.ndtr(a), special.ndtr(b)
    return loc + scale * np.clip(special.ndtri(below + u * (above - below)), a, b)


# Quantile functions of scipy.stats, by its names and parameters, from scipy.special: importing scipy.stats itself would
# take longer than a thousand replicates. A test holds them against scipy.stats.
_QUANTILES: dict[str, Callable[..., Any]] = {
    "norm": lambda u, loc, scale: loc + scale * special.ndtri(u),
    "uniform": lambda u, loc, scale: loc + scale * u,
    "triang": _triang,
    "beta": lambda u, a, b, loc=0.0, scale=1.0: loc + scale * special.betaincinv(a, b, u),
    "lognorm": lambda u, s, scale, loc=0.0: loc + scale * np.exp(s * special.ndtri(u)),
    "gamma": lambda u, a, scale, loc=0.0: loc + scale * special.gammaincinv(a, u),
    "truncnorm": _truncnorm,
    "expon": lambda u, scale, loc=0.0: loc - scale * np.log1p(-u),
    "loguniform": lambda u, a, b: a * (b / a) ** u,
}


def quantile(quantity: Quantity, u: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Quantiles of an uncertain number at probabilities `u` in (0, 1); a `value` with `se` is normal.

    >>> quantile(Quantity(dist="triang", c=0.5, loc=0.0, scale=2.0), np.array([0.5])).tolist()
    [1.0]
    """
    if quantity.dist is None:
        return quantity.value + (quantity.se or 0.0) * special.ndtri(u)  # type: ignore[no-any-return]
    given = {key: getattr(quantity, key) for key in ("a", "b", "c", "s", "loc", "scale")}
    with np.errstate(over="ignore"):  # a value beyond all bounds is refused, by its name, where it enters a Setup
        drawn: npt.NDArray[np.float64] = _QUANTILES[quantity.dist](
            u, **{k: x for k, x in given.items() if x is not None}
        )
    return drawn


def middle(quantity: Quantity) -> float:
    """The number itself, or its median if it is a distribution.

    >>> middle(Quantity(value=0.3, se=0.1)), middle(Quantity(dist="uniform", loc=0.0, scale=1.0))
    (0.3, 0.5)
    """
    return quantity.value if quantity.value is not None else float(quantile(quantity, np.array([0.5]))[0])


def _uniforms(seed: int, n: int, path: str) -> npt.NDArray[np.float64]:
    keys, entity = key_schedule(seed), np.uint64(entity_id(f"parameter:{path}"))
    return uniforms(keys, n, entity, PARAMETER)


def _common(rule: Rule, seed: int, n: int) -> npt.NDArray[np.float64]:
    """Shift of all effects of a rule together, from its `uncertainty`."""
    assert rule.uncertainty is not None
    return quantile(Quantity(value=0.0, se=rule.uncertainty.sd), _uniforms(seed, n, f"rules.{rule.id}"))


def matrix_of(block: Correlation) -> npt.NDArray[np.float64]:
    """The whole correlation matrix of a block, from its lower triangle.

    >>> matrix_of(Correlation(of=("reply.war.intercept", "reply.war.rival"), rows=((0.5,),))).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    matrix = np.eye(len(block.of))
    for i, row in enumerate(block.rows, start=1):
        matrix[i, :i] = matrix[:i, i] = row
    return matrix


def root_of(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The symmetric root of a correlation matrix, or of the nearest that can be where rounding has spoiled it."""
    values, vectors = np.linalg.eigh(matrix)
    root = vectors * np.sqrt(np.maximum(values, 0.0)) @ vectors.T  # symmetric: each stays closest to its own draw
    scaled: npt.NDArray[np.float64] = root / np.linalg.norm(root, axis=1, keepdims=True)
    return scaled


def _jointly(block: Correlation, uncertain: dict[str, Quantity], seed: int, n: int) -> dict[str, Any]:
    """Columns of coefficients whose errors go together: their normal draws, mixed by the root of the correlation."""
    paths = [f"coefficients.{name}" for name in block.of]
    root = root_of(matrix_of(block))
    normal = root @ np.stack([special.ndtri(_uniforms(seed, n, path)) for path in paths])
    pairs = zip(paths, normal, strict=True)
    return {path: uncertain[path].value + (uncertain[path].se or 0.0) * z for path, z in pairs if path in uncertain}


def parameter_draws(scenario: Scenario, seed: int, n: int) -> list[Draw]:
    """`n` joint draws of all uncertain numbers: path -> value. With n = 1, every number at its median.

    The effects of one rule share one draw of its `uncertainty`, since they rest on one judgement. Coefficients that
    were estimated together are drawn together.
    """
    uncertain = [(path, quantity) for path, quantity in quantities(scenario) if is_random(quantity)]
    if n == 1:
        return [{path: middle(quantity) for path, quantity in uncertain}]
    columns = {path: quantile(quantity, _uniforms(seed, n, path)) for path, quantity in uncertain}
    for block in scenario.coefficients.correlation:
        columns |= _jointly(block, dict(uncertain), seed, n)
    for rule in scenario.rules:
        if rule.uncertainty and rule.uncertainty.sd > 0:
            shift = _common(rule, seed, n)
            for gate, quantity in rule.then.items():
                path = f"rules.{rule.id}.then.{gate}"
                columns[path] = columns.get(path, np.full(n, middle(quantity))) + shift
    return [{path: float(column[p]) for path, column in columns.items()} for p in range(n)]
