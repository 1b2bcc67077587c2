"""The long table of a sweep's points, from arrays."""

import numpy as np
import pandas as pd
import pytest

from escalation_sim.analysis.estimates import binomial_interval


def _points(values, share, n=200, failed=(), error=None):
    """A row per point and outcome: `values` by variable, `share` (N, K) of `n` replicates; outcomes are o0, o1 .."""
    share = np.asarray(share, float)
    n_of = np.where(np.isin(np.arange(len(share)), failed), 0, n)
    frames = []
    for k in range(share.shape[1]):
        p = np.where(n_of > 0, share[:, k], np.nan)
        low, high = binomial_interval(np.where(n_of > 0, p * n_of, 0.0), n_of)
        own = np.sqrt(p * (1.0 - p) / (n - 1)) if error is None else np.where(n_of > 0, error[:, k], np.nan)
        head = {"point": np.arange(len(share)), **values, "outcome": f"o{k}", "label": f"Outcome {k}"}
        tail = {"standard_error": own, "n": n_of, "n_failed": n - n_of, "count": np.nan_to_num(p * n_of)}
        frames.append(
            pd.DataFrame({**head, "window_days": 30.0, "probability": p, "mc_low": low, "mc_high": high, **tail})
        )
    return pd.concat(frames, ignore_index=True)


@pytest.fixture(scope="session")
def points_of():
    """Makes a table of points; see `_points`."""
    return _points


@pytest.fixture(scope="session")
def variables_of():
    """Makes variables from their names; those with text among their values are choices."""

    def made(values):
        kinds = {name: "choice" if np.asarray(x).dtype.kind in "UOT" else "number" for name, x in values.items()}
        return [
            {"id": name, "label": f"The {name}", "path": name, "kind": kind, "unit": "", "log": False}
            for name, kind in kinds.items()
        ]

    return made
