"""The obvious way in numpy: for every number of units, an interpolated table of what overflows in every hour."""

import numpy as np

import fleet as f
from numpy_demand import expected, realised

REPLICATIONS_AT_ONCE = 256


def prepare(w: f.Workload, full: bool) -> f.Add:
    """What adds a workload's costs and throttled tokens to every replication."""
    # Nodes are dense where capacities are and reach further than any hour.
    grid = 2e9 * np.linspace(0, 1, f.NODES) ** 2
    passed = [w.beyond(grid, k * w.unit) for k in f.UNITS]
    refused = [w.beyond(grid, k * w.unit + w.quota) for k in f.UNITS]
    # In quieter hours nothing gets past the quota.
    quiet = w.quota / w.last_ratio

    def some(rng: np.random.Generator, cost: f.Floats, throttled: f.Floats) -> None:
        n = cost.shape[0]
        tokens = realised(w, expected(w, n, rng, np.float64), full, rng)
        cost += (w.deferrable * w.batch_price) * tokens.sum(axis=0)[:, None]
        tokens *= 1 - w.deferrable
        busy = tokens > quiet
        column = np.nonzero(busy)[1]
        large = tokens[busy]
        for k in f.UNITS:
            lost = np.bincount(column, np.interp(large, grid, refused[k]), n)
            over = tokens.sum(axis=0) if k == 0 else np.interp(tokens, grid, passed[k]).sum(axis=0)
            cost[:, k] += w.price * (over - lost)
            throttled[:, k] += lost

    return f.in_parts(some, REPLICATIONS_AT_ONCE)


if __name__ == "__main__":
    f.main("numpy plain", prepare)
