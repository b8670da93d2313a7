"""The engine's idea in numpy: a month is a histogram of its hours, and every number of units one product with a table."""

import numpy as np

import fleet as f
from numpy_demand import expected, realised

REPLICATIONS_AT_ONCE = 256
BINS_PER_UNIT = 8
LARGEST_UNITS = 64


def table(w: f.Workload, tokens: f.Floats) -> f.Floats:
    """Tokens served on demand, then throttled, by tokens of the hour and number of units."""
    passed = np.stack([w.beyond(tokens, k * w.unit) for k in f.UNITS], axis=1)
    refused = np.stack([w.beyond(tokens, k * w.unit + w.quota) for k in f.UNITS], axis=1)
    return np.concatenate([passed - refused, refused], axis=1)


def prepare(w: f.Workload, full: bool) -> f.Add:
    """What adds a workload's costs and throttled tokens to every replication."""
    bins = BINS_PER_UNIT * LARGEST_UNITS
    nodes = table(w, np.arange(bins + 1) * (w.unit / BINS_PER_UNIT))
    per_token = np.float32((1 - w.deferrable) * BINS_PER_UNIT / w.unit)

    def some(rng: np.random.Generator, cost: f.Floats, throttled: f.Floats) -> None:
        n = cost.shape[0]
        tokens = realised(w, expected(w, n, rng, np.float32), full, rng)
        cost += (w.deferrable * w.batch_price) * tokens.sum(axis=0, dtype=np.float64)[:, None]
        place = (tokens * per_token).astype(np.float32, copy=False)
        node = place.astype(np.int32)
        far_hours, far = np.nonzero(node >= bins)
        # Hours beyond the histogram are few: their tables are evaluated one by one, and their places emptied.
        beyond = table(w, place[far_hours, far] * (w.unit / BINS_PER_UNIT))
        place[far_hours, far] = 0
        node[far_hours, far] = 0
        place -= node
        node += np.arange(n, dtype=np.int32) * (bins + 1)
        # An hour between two nodes counts to both, by its distance from each.
        flat = node.reshape(-1)
        upper = np.bincount(flat, place.reshape(-1), n * (bins + 1))
        weights = np.bincount(flat, minlength=n * (bins + 1)) - upper
        weights[1:] += upper[:-1]
        sums = weights.reshape(n, bins + 1) @ nodes
        np.add.at(sums, far, beyond)
        cost += w.price * sums[:, : f.UNITS.size]
        throttled += sums[:, f.UNITS.size :]

    return f.in_parts(some, REPLICATIONS_AT_ONCE)


if __name__ == "__main__":
    f.main("numpy histogram", prepare)
