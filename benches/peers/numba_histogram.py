"""The engine's idea in numba: hours go into a histogram, and a month is one product of it with a table."""

import numpy as np
from numba import njit

import fleet as f
from numba_demand import law, month
from numpy_histogram import BINS_PER_UNIT, LARGEST_UNITS, table


@njit(fastmath=True)
def months(rng, law, base, full, interactive, per_token, table, far, price, batch_price, cost, throttled):
    """Adds one workload's costs and throttled tokens to every replication."""
    tokens = np.empty(base.size)
    plans = cost.shape[1]
    weights = np.empty(table.shape[0])
    sums = np.empty(2 * plans)
    for i in range(cost.shape[0]):
        month(rng, law, base, full, tokens)
        cost[i] += (1 - interactive) * batch_price * tokens.sum()
        weights[:] = 0
        sums[:] = 0
        last = 0
        for x in tokens:
            place = x * interactive * per_token
            # The table's first part has the histogram's nodes, the second ever wider ones for the few hours beyond.
            if place >= far[0]:
                row = np.searchsorted(far, place, side="right") - 1
                share = (place - far[row]) / (far[row + 1] - far[row])
                row += int(far[0])
            else:
                row = int(place)
                share = place - row
            weights[row] += 1 - share
            weights[row + 1] += share
            last = max(last, row + 1)
        for row in range(last + 1):
            weight = weights[row]
            if weight != 0.0:
                for k in range(2 * plans):
                    sums[k] += weight * table[row, k]
        cost[i] += price * sums[:plans]
        throttled[i] += sums[plans:]


def prepare(w: f.Workload, full: bool) -> f.Add:
    """What adds a workload's costs and throttled tokens to every replication."""
    bins = BINS_PER_UNIT * LARGEST_UNITS
    far = bins * 1.01 ** np.arange(1000)
    nodes = table(w, np.concatenate([np.arange(bins), far]) * (w.unit / BINS_PER_UNIT))
    shared = (law(w), w.base, full, 1 - w.deferrable, BINS_PER_UNIT / w.unit, nodes, far, w.price, w.batch_price)
    return lambda rng, cost, throttled: months(rng, *shared, cost, throttled)


if __name__ == "__main__":
    f.main("numba histogram", prepare)
