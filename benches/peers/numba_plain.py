"""The obvious way in numba: one compiled loop, a table look-up for every number of units and hour."""

import numpy as np
from numba import njit

import fleet as f
from numba_demand import law, month


@njit(fastmath=True)
def serve(tokens, nodes, per_ratio, unit, quota, passed, refused):
    """Adds the tokens beyond k units, and beyond k units and the quota, of every hour."""
    end = (nodes.size - 1) / per_ratio
    for x in tokens:
        if x <= 0.0:
            continue
        step, base = unit / x, quota / x
        for k in range(passed.size):
            ratio = k * step
            if ratio >= end:
                break
            place = ratio * per_ratio
            i = int(place)
            passed[k] += x * (nodes[i] + (place - i) * (nodes[i + 1] - nodes[i]))
        for k in range(refused.size):
            ratio = base + k * step
            if ratio >= end:
                break
            place = ratio * per_ratio
            i = int(place)
            refused[k] += x * (nodes[i] + (place - i) * (nodes[i + 1] - nodes[i]))


@njit(fastmath=True)
def months(rng, law, base, full, interactive, nodes, per_ratio, unit, quota, price, batch_price, cost, throttled):
    """Adds one workload's costs and throttled tokens to every replication."""
    tokens = np.empty(base.size)
    passed, refused = np.empty(cost.shape[1]), np.empty(cost.shape[1])
    for i in range(cost.shape[0]):
        month(rng, law, base, full, tokens)
        batch = (1 - interactive) * batch_price * tokens.sum()
        tokens *= interactive
        passed[:] = 0
        refused[:] = 0
        serve(tokens, nodes, per_ratio, unit, quota, passed, refused)
        cost[i] += batch + price * (passed - refused)
        throttled[i] += refused


def prepare(w: f.Workload, full: bool) -> f.Add:
    """What adds a workload's costs and throttled tokens to every replication."""
    end = w.last_ratio
    nodes = w.overflow(np.linspace(0, end, f.NODES))
    per_ratio = (f.NODES - 1) / end
    shared = (law(w), w.base, full, 1 - w.deferrable, nodes, per_ratio, w.unit, w.quota, w.price, w.batch_price)
    return lambda rng, cost, throttled: months(rng, *shared, cost, throttled)


if __name__ == "__main__":
    f.main("numba plain", prepare)
