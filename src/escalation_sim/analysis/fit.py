"""Fitting one gate of the ladder: a logit below others, with frailty, a prior, and clustered uncertainty.

A climb comes to a gate with a probability that lower gates have left over (`below`; 1 where the lower act was seen).
So the chance of an act is below * logistic(x b + frailty), and its absence is informative too. Frailty is normal, one
draw per group, and is integrated out by Gauss-Hermite quadrature. Where events are rare the prior keeps estimates
finite: a normal one, by default of mean 0, on every coefficient but the intercept.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logsumexp

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(11)


class Data(NamedTuple):
    """Rows of one gate: N rows, F covariates."""

    x: Floats  # (N, F), the first column the intercept
    opened: npt.NDArray[np.bool_]  # (N,) whether the gate was seen open
    below: Floats  # (N,) probability that the climb came to the gate
    weight: Floats  # (N,)
    group: Whole  # (N,) what shares one draw of frailty, and is one cluster
    offset: Floats | None = None  # (N,) log-odds that are known beforehand


class Prior(NamedTuple):
    """Normal and independent: an infinite `sd` says nothing."""

    mean: Floats  # (F,)
    sd: Floats  # (F,)


class Fit(NamedTuple):
    """Estimates of one gate."""

    value: Floats  # (F,)
    covariance: Floats  # (F, F), clustered by group (sandwich), with the prior
    frailty_sd: float  # 0 without frailty
    frailty_log_se: float  # standard error of its log
    n: int
    n_opened: int


def fit_gate(data: Data, prior: Prior, frailty: bool = False) -> Fit:
    """Most likely coefficients of a gate, given a prior, and their clustered covariance.

    Parameters
    ----------
    data : Data
    prior : Prior
    frailty : bool
        Whether groups differ by a normal draw with a standard deviation of its own; its log has a prior of N(0, 1).

    Returns
    -------
    Fit

    References
    ----------
    Tutz (1990), British Journal of Mathematical and Statistical Psychology 43, 39-55 (sequential logit);
    Liang and Zeger (1986), Biometrika 73, 13-22 (clustered covariance).

    >>> rng = np.random.default_rng(0)
    >>> x = np.column_stack([np.ones(20_000), rng.normal(size=20_000)])
    >>> opened = rng.uniform(size=20_000) < 0.5 * expit(x @ [-1.0, 0.7])
    >>> rows = Data(x, opened, np.full(20_000, 0.5), np.ones(20_000), np.arange(20_000))
    >>> bool(np.abs(fit_gate(rows, Prior(np.zeros(2), np.array([np.inf, 10.0]))).value - [-1.0, 0.7]).max() < 0.1)
    True
    """
    order = np.argsort(data.group, kind="stable")
    offset = None if data.offset is None else data.offset[order]
    data = Data(data.x[order], data.opened[order], data.below[order], data.weight[order], data.group[order], offset)
    problem = _Problem(data, prior, frailty)
    start = np.zeros(problem.size)
    start[0] = _start(data)
    found = minimize(problem.loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 1e-10})
    covariance = problem.covariance(found.x)
    n = data.x.shape[1]
    sd = float(np.exp(found.x[n])) if frailty else 0.0
    log_se = float(np.sqrt(covariance[n, n])) if frailty else 0.0
    return Fit(found.x[:n], covariance[:n, :n], sd, log_se, int(data.weight.sum()), int(data.opened.sum()))


def _start(data: Data) -> float:
    share = np.clip(np.average(data.opened, weights=data.weight) / data.below.mean(), 1e-4, 0.9)
    return float(np.log(share / (1.0 - share)))


class _Problem:
    """Penalized negative log-likelihood over (coefficients, log frailty sd), with its gradient by group."""

    def __init__(self, data: Data, prior: Prior, frailty: bool) -> None:
        self.data, self.prior, self.frailty = data, prior, frailty
        self.precision = np.where(np.isinf(prior.sd), 0.0, prior.sd.astype(float) ** -2.0)
        self.size = data.x.shape[1] + int(frailty)
        self.starts = np.flatnonzero(np.r_[True, np.diff(data.group) != 0])
        self.row_group = np.repeat(np.arange(len(self.starts)), np.diff(np.r_[self.starts, len(data.group)]))

    def _rows(self, eta: Floats) -> tuple[Floats, Floats]:
        """Log-likelihood of each row at log-odds `eta`, and its slope."""
        p, below = expit(eta), self.data.below
        shut = 1.0 - below * p
        value = np.where(self.data.opened, np.log(np.maximum(p, 1e-300)), np.log(np.maximum(shut, 1e-300)))
        slope = np.where(self.data.opened, 1.0 - p, -below * p * (1.0 - p) / np.maximum(shut, 1e-12))
        return value * self.data.weight, slope * self.data.weight

    def by_group(self, theta: Floats) -> tuple[Floats, Floats]:
        """Log-likelihood (G,) and gradient (G, size) of each group."""
        n = self.data.x.shape[1]
        base = self.data.x @ theta[:n]
        if self.data.offset is not None:
            base = base + self.data.offset
        if not self.frailty:
            value, slope = self._rows(base)
            return np.add.reduceat(value, self.starts), np.add.reduceat(self.data.x * slope[:, None], self.starts)
        sd = np.exp(theta[n])
        values, slopes = zip(*(self._rows(base + sd * node) for node in _NODES), strict=True)
        joint = np.stack([np.add.reduceat(value, self.starts) for value in values]) + np.log(_WEIGHTS)[:, None]
        whole = logsumexp(joint, axis=0)
        posterior = np.exp(joint - whole)  # (nodes, G)
        slope = sum(posterior[k][self.row_group] * slopes[k] for k in range(len(_NODES)))
        by_node = np.stack([np.add.reduceat(s, self.starts) for s in slopes])
        d_sd = sd * (posterior * by_node * _NODES[:, None]).sum(axis=0)
        gradient = np.add.reduceat(self.data.x * slope[:, None], self.starts)
        return whole - np.log(_WEIGHTS.sum()), np.column_stack([gradient, d_sd])

    def _penalty(self, theta: Floats) -> tuple[float, Floats]:
        n = self.data.x.shape[1]
        off = theta[:n] - self.prior.mean
        value, gradient = 0.5 * float((self.precision * off**2).sum()), self.precision * off
        if self.frailty:
            value, gradient = value + 0.5 * float(theta[n] ** 2), np.r_[gradient, theta[n]]
        return value, gradient

    def loss(self, theta: Floats) -> tuple[float, Floats]:
        """Negative penalized log-likelihood and its gradient."""
        value, gradient = self.by_group(theta)
        penalty, slope = self._penalty(theta)
        return penalty - float(value.sum()), slope - gradient.sum(axis=0)

    def covariance(self, theta: Floats) -> Floats:
        """Sandwich: inverse Hessian, scores of the groups, inverse Hessian; the prior counts as one more score."""
        step, hessian = 1e-4, np.zeros((self.size, self.size))
        for k in range(self.size):
            shift = np.zeros(self.size)
            shift[k] = step
            hessian[k] = (self.loss(theta + shift)[1] - self.loss(theta - shift)[1]) / (2.0 * step)
        bread = np.linalg.pinv((hessian + hessian.T) / 2.0)
        scores = self.by_group(theta)[1]
        prior = np.zeros((self.size, self.size))
        prior[range(len(self.precision)), range(len(self.precision))] = self.precision
        return bread @ (scores.T @ scores + prior) @ bread
