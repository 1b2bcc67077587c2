"""Statistical forecasters that a simulation has to beat: arrays in, probabilities of classes out.

Four of rising strength: how often each outcome happens; how often after such a first act; a multinomial logit and
boosted trees on all that was known on the first day. Each takes training and test data and returns an array of shape
(n_test, n_classes) whose rows sum to 1 and hold no zero: a class that the training data lack gets a floor. What is
tuned (a penalty, a number of trees) is tuned inside the training data, on folds that keep groups whole.

The last two need scikit-learn, which comes with the extra `history`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from escalation_sim.errors import EscalationSimError

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

_INNER_FOLDS, _INNER_SEED = 5, 0
_PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)  # scikit-learn's C: smaller shrinks more
_DEPTHS, _ROUNDS, _LEARNING_RATE, _SMALLEST_LEAF = (2, 3), 200, 0.05, 20
_PSEUDO_COUNT = 0.5  # added to each class; Jeffreys' prior


def check_installed() -> None:
    """Refuse to begin without the library that two of the forecasters need.

    Raises
    ------
    EscalationSimError
        Saying how to install it.
    """
    if find_spec("sklearn") is None:
        raise EscalationSimError("the forecasters to compare with need scikit-learn; run: pip install -e '.[history]'")


def grouped_folds(groups: npt.ArrayLike, n_folds: int, seed: int) -> Whole:
    """Fold of each row, so that the rows of a group stay together and folds are of nearly equal size.

    The largest groups are dealt out first, each to the smallest fold so far; a hash of seed and group decides between
    equals, so neither the order of the rows nor the version of a library matters.

    Parameters
    ----------
    groups : array of int, shape (N,)
        Number of the group of each row.
    n_folds : int
        At least 2, and no more than there are groups (`ValueError` otherwise).
    seed : int
        Another seed deals otherwise.

    Returns
    -------
    array of int in [0, n_folds), shape (N,)

    >>> grouped_folds([7, 7, 7, 8, 8, 9], n_folds=2, seed=1)
    array([0, 0, 0, 1, 1, 1])
    """
    numbers, place, sizes = np.unique(np.asarray(groups, np.int64), return_inverse=True, return_counts=True)
    if not 2 <= n_folds <= numbers.size:
        raise ValueError(f"{numbers.size} groups cannot be dealt into {n_folds} folds")
    luck = [hashlib.sha256(f"{seed} {number}".encode()).digest() for number in numbers.tolist()]
    fold, filled = np.zeros(numbers.size, np.int64), np.zeros(n_folds, np.int64)
    for group in sorted(range(numbers.size), key=lambda group: (-sizes[group], luck[group])):
        fold[group] = np.argmin(filled)
        filled[fold[group]] += sizes[group]
    return fold[place]


def base_rate(train_y: npt.ArrayLike, n_test: int, n_classes: int) -> Floats:
    """Shares of the classes in the training data, half a case added to each; the same for every test case.

    >>> base_rate([0, 0, 1], n_test=2, n_classes=3).round(3)
    array([[0.556, 0.333, 0.111],
           [0.556, 0.333, 0.111]])
    """
    return np.tile(_shares(np.asarray(train_y, np.int64), n_classes), (n_test, 1))


def first_level_table(
    train_first: npt.ArrayLike, train_y: npt.ArrayLike, test_first: npt.ArrayLike, n_classes: int
) -> Floats:
    """Shares of the classes among the training cases that began alike, half a case added to each class.

    Parameters
    ----------
    train_first, test_first : array of int, shape (N,) or (N, K)
        How a case began: its first level, or the level and other marks of the first act, such as a clash.
    train_y : array of int in [0, n_classes), shape (N,)
    n_classes : int

    Returns
    -------
    array, shape (n_test, n_classes)
        A test case that began like none of the training cases gets the base rate.

    >>> first_level_table([1, 1, 2], [0, 1, 1], [2, 1, 3], n_classes=2).round(3)
    array([[0.25 , 0.75 ],
           [0.5  , 0.5  ],
           [0.375, 0.625]])
    """
    train, test, y = _rows(train_first), _rows(test_first), np.asarray(train_y, np.int64)
    p = base_rate(y, len(test), n_classes)
    for beginning in np.unique(train, axis=0):
        alike = (train == beginning).all(axis=1)
        p[(test == beginning).all(axis=1)] = _shares(y[alike], n_classes)
    return p


def multinomial_logit(
    train_x: npt.ArrayLike, train_y: npt.ArrayLike, test_x: npt.ArrayLike, n_classes: int, groups: npt.ArrayLike
) -> Floats:
    """A multinomial logit with a ridge penalty on standardised covariates; the penalty by inner cross-validation.

    Parameters
    ----------
    train_x, test_x : array, shape (N, K)
        Covariates; a missing one (NaN) counts as the mean of the training data.
    train_y : array of int in [0, n_classes), shape (N,)
    n_classes : int
    groups : array of int, shape (N,)
        Group of each training case; groups stay whole in the inner folds.

    Returns
    -------
    array, shape (n_test, n_classes)

    >>> x = np.linspace(-2, 2, 40)[:, None]
    >>> p = multinomial_logit(x, (x[:, 0] > 0).astype(int), [[-2.0], [2.0]], 3, np.arange(40))
    >>> (p.argmax(axis=1), p.shape, bool((p > 0).all()))
    (array([0, 1]), (2, 3), True)
    """
    from sklearn.linear_model import LogisticRegression

    x, y, test = np.asarray(train_x, np.float64), np.asarray(train_y, np.int64), np.asarray(test_x, np.float64)

    def forecasts(x: Floats, y: Whole, test: Floats) -> list[Floats]:
        """One forecast per penalty."""
        x, test = _standardised(x, test)
        models = [LogisticRegression(C=penalty, max_iter=5_000).fit(x, y) for penalty in _PENALTIES]
        return [_all_classes(model.predict_proba(test), model.classes_, y, n_classes) for model in models]

    return _tuned(forecasts, x, y, test, n_classes, np.asarray(groups, np.int64))


def gradient_boosting(
    train_x: npt.ArrayLike, train_y: npt.ArrayLike, test_x: npt.ArrayLike, n_classes: int, groups: npt.ArrayLike
) -> Floats:
    """Boosted trees of depth 2 or 3 (learning rate 0.05); depth and number of rounds by inner cross-validation.

    Parameters and result are those of `multinomial_logit`, but a missing covariate is an answer of its own.

    >>> x = np.linspace(-2, 2, 200)[:, None]
    >>> p = gradient_boosting(x, (abs(x[:, 0]) > 1).astype(int), [[-1.5], [0.0], [1.5]], 2, np.arange(200))
    >>> p.argmax(axis=1)
    array([1, 0, 1])
    """
    from sklearn.ensemble import HistGradientBoostingClassifier

    x, y, test = np.asarray(train_x, np.float64), np.asarray(train_y, np.int64), np.asarray(test_x, np.float64)

    def forecasts(x: Floats, y: Whole, test: Floats) -> list[Floats]:
        """One forecast per depth and number of rounds."""
        known = np.isfinite(x).any(axis=0)  # trees cannot take a column without any value
        x, test = np.where(known, x, 0.0), np.where(known, test, 0.0)
        models = [
            HistGradientBoostingClassifier(
                learning_rate=_LEARNING_RATE,
                max_iter=_ROUNDS,
                max_depth=depth,
                min_samples_leaf=_SMALLEST_LEAF,
                early_stopping=False,
                random_state=0,
            ).fit(x, y)
            for depth in _DEPTHS
        ]
        return [
            _all_classes(p, model.classes_, y, n_classes) for model in models for p in model.staged_predict_proba(test)
        ]

    return _tuned(forecasts, x, y, test, n_classes, np.asarray(groups, np.int64))


def _tuned(
    forecasts: Callable[[Floats, Whole, Floats], Sequence[Floats]],
    x: Floats,
    y: Whole,
    test: Floats,
    n_classes: int,
    groups: Whole,
) -> Floats:
    """Of several forecasts the one whose like had the best log score inside the training data."""
    n_folds = min(_INNER_FOLDS, np.unique(groups).size)
    if n_folds < 2 or np.unique(y).size < 2:  # nothing to tune on, or nothing to tell apart
        return base_rate(y, len(test), n_classes)
    from threadpoolctl import threadpool_limits

    fold, loss = grouped_folds(groups, n_folds, _INNER_SEED), np.zeros(1)
    with threadpool_limits(limits=1):  # on data so small threads only wait for each other
        for held in range(n_folds):
            inside = fold != held
            if np.unique(y[inside]).size > 1:
                p = np.array(forecasts(x[inside], y[inside], x[~inside]))
                loss = loss - np.log(p[:, np.arange((~inside).sum()), y[~inside]]).sum(axis=1)
        return forecasts(x, y, test)[int(np.argmin(loss))]


def _shares(y: Whole, n_classes: int) -> Floats:
    counts = np.bincount(y, minlength=n_classes) + _PSEUDO_COUNT
    return counts / counts.sum()


def _rows(values: npt.ArrayLike) -> Whole:
    table = np.asarray(values, np.int64)
    return table[:, None] if table.ndim == 1 else table


def _standardised(train: Floats, test: Floats) -> tuple[Floats, Floats]:
    """Both with the mean and spread of the first; missing values are its mean, a constant column is zero."""
    mean = np.array([column[np.isfinite(column)].mean() if np.isfinite(column).any() else 0.0 for column in train.T])
    filled = [np.where(np.isfinite(x), x, mean) - mean for x in (train, test)]
    spread = filled[0].std(axis=0)
    return filled[0] / np.where(spread > 0, spread, 1.0), filled[1] / np.where(spread > 0, spread, 1.0)


def _all_classes(p: Floats, classes: Any, y: Whole, n_classes: int) -> Floats:
    """A forecast of the classes seen in training as one of all classes: none below half a case of the training data."""
    whole = np.full((len(p), n_classes), 0.0)
    whole[:, classes] = p
    whole = np.maximum(whole, _PSEUDO_COUNT / (y.size + _PSEUDO_COUNT * n_classes))
    return whole / whole.sum(axis=1, keepdims=True)
