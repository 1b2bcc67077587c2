"""Probabilities for readers: percent with the digits that count, bounds where none was seen, and terms beside them."""

from __future__ import annotations

import math

from escalation_sim.analysis.estimates import binomial_interval

# Intelligence Community Directive 203, Analytic Standards (2015), section D.6.e.2: upper bound and term.
# Neighbouring terms share their borders there; here a border belongs to the higher term, except 99 % itself.
_ICD203 = (
    (0.05, "almost no chance (1–5 %)"),
    (0.20, "very unlikely (5–20 %)"),
    (0.45, "unlikely (20–45 %)"),
    (0.55, "roughly even chance (45–55 %)"),
    (0.80, "likely (55–80 %)"),
    (0.95, "very likely (80–95 %)"),
    (1.00, "almost certain (95–99 %)"),
)

# Mastrandrea et al. (2010), Guidance Note for Lead Authors of the IPCC Fifth Assessment Report, Table 1, and the three
# terms that it adds below; still in use in the Sixth (AR6 WGI, Box 1.1). The ranges overlap: of two terms that hold,
# the one that says more stands here. Upper bound, whether the bound itself belongs to the term, and the term.
_IPCC = (
    (0.01, True, "exceptionally unlikely (0–1 %)"),
    (0.05, True, "extremely unlikely (0–5 %)"),
    (0.10, True, "very unlikely (0–10 %)"),
    (0.33, False, "unlikely (0–33 %)"),
    (0.50, True, "about as likely as not (33–66 %)"),
    (0.66, False, "more likely than not (50–100 %)"),
    (0.90, False, "likely (66–100 %)"),
    (0.95, False, "very likely (90–100 %)"),
    (0.99, False, "extremely likely (95–100 %)"),
    (1.00, True, "virtually certain (99–100 %)"),
)
SCALES = ("icd203", "ipcc", "none")


def word(probability: float, scale: str = "icd203") -> str:
    """The term for a probability, with the range it stands for; not to be printed without the number itself.

    Readers understand a term far better with its range beside it (Wintle et al. 2019, PLOS ONE 14, e0213522).

    Parameters
    ----------
    probability : float in [0, 1]
    scale : {"icd203", "ipcc", "none"}
        Intelligence Community Directive 203, which has no term below 1 % and above 99 %, and none is invented; the ten
        terms of the Intergovernmental Panel on Climate Change; or no words at all: an empty text.

    Raises
    ------
    ValueError
        For another scale, or a number that is no probability.

    >>> word(0.12), word(0.12, "ipcc"), word(0.12, "none")
    ('very unlikely (5–20 %)', 'unlikely (0–33 %)', '')
    >>> word(0.0003), word(0.0003, "ipcc")
    ('less than 1 %', 'exceptionally unlikely (0–1 %)')
    """
    if scale not in SCALES:
        raise ValueError(f"no scale of words named {scale!r}; there are {', '.join(map(repr, SCALES))}")
    if not 0.0 <= probability <= 1.0:
        raise ValueError(f"a probability lies between 0 and 1, not {probability!r}")
    if scale == "none":
        return ""
    if scale == "ipcc":
        return next(term for upper, own, term in _IPCC if probability < upper or (own and probability == upper))
    if probability < 0.01:
        return "less than 1 %"
    if probability > 0.99:
        return "more than 99 %"
    return next(term for upper, term in _ICD203 if probability < upper)


def percent(probability: float) -> str:
    """A probability in percent with about two digits that count, seen from the nearer end of [0, 1].

    >>> [percent(p) for p in (0.0003, 0.0031, 0.042, 0.123, 0.5, 0.962, 0.9996)]
    ['0.03 %', '0.31 %', '4.2 %', '12 %', '50 %', '96.2 %', '99.96 %']
    >>> percent(1e-13), percent(0.0)
    ('< 0.001 %', '0 %')
    """
    if 0.0 < probability < 1e-5:
        return "< 0.001 %"
    if 1.0 - 1e-5 < probability < 1.0:
        return "> 99.999 %"
    edge = round(100.0 * min(probability, 1.0 - probability), 12)
    magnitude = math.floor(math.log10(edge)) if edge > 0 else 2
    digits = min(max(1 - magnitude, 0), max(2, -magnitude))  # two that count, but no third decimal for a second one
    return f"{100 * probability:.{digits}f} %"


def points(difference: float) -> str:
    """A difference of probabilities in percentage points, signed, with about two digits that count.

    >>> [points(d) for d in (0.18, 0.0131, -0.0007, 0.00002, 0.0, -1e-17)]
    ['+18', '+1.3', '-0.07', '+0.002', '0', '0']
    """
    size = round(abs(100.0 * difference), 9)  # what is left of a sum that should be zero is zero
    if size == 0.0:
        return "0"
    magnitude = math.floor(math.log10(size))
    digits = min(max(1 - magnitude, 0), max(2, -magnitude))
    return f"{100.0 * difference:+.{digits}f}"


def below(bound: float) -> str:
    """What was never seen, as its upper bound in percent.

    >>> below(0.0369), below(1e-7)
    ('< 3.7 %', '< 0.001 %')
    """
    return f"< {percent(bound).removeprefix('< ')}"


def above(bound: float) -> str:
    """What was always seen, as its lower bound in percent.

    >>> above(0.9926), above(1.0 - 1e-7)
    ('> 99.26 %', '> 99.999 %')
    """
    return f"> {percent(bound).removeprefix('> ')}"


def percent_of_count(count: int, n: int) -> str:
    """`count` of `n` in percent; instead of 0 (or 100) the exact 95 % bound when none (or all) were seen.

    >>> [percent_of_count(*pair) for pair in ((37, 1000), (0, 10_000), (500, 500), (0, 0), (0, 1_000_000))]
    ['3.7 %', '< 0.04 %', '> 99.26 %', 'unknown', '< 0.001 %']
    """
    low, high = binomial_interval(count, n)
    if n == 0:
        return "unknown"
    if count == 0:
        return below(high)
    return above(low) if count == n else percent(count / n)


def percent_of_share(share: float, n: int) -> str:
    """`percent_of_count` of a share of `n` replicates.

    >>> percent_of_share(0.037, 1000), percent_of_share(0.0, 10_000)
    ('3.7 %', '< 0.04 %')
    """
    return percent_of_count(round(share * n), n)
