"""Demand in numba: one month of one workload, hour after hour."""

from typing import NamedTuple

import numpy as np
from numba import njit

from fleet import Workload


class Law(NamedTuple):
    """A workload's demand as compiled code takes it."""

    level_sigma: float
    noise_sd: float
    noise_rho: float
    spike_probability: float
    spike_share: float
    spike_hours: float
    spike_log_median: float
    spike_sigma: float
    count_shape: float
    size_mean: float
    size_cv: float


def law(w: Workload) -> Law:
    """The law of a workload."""
    return Law(**{name: float(getattr(w, name)) for name in Law._fields})


@njit(fastmath=True)
def month(rng, law, base, full, tokens):
    """Fills `tokens`, by hour, with one month."""
    level = np.exp(law.level_sigma * rng.standard_normal() - 0.5 * law.level_sigma**2)
    step = law.noise_sd * np.sqrt(1 - law.noise_rho**2)
    offset = -0.5 * law.noise_sd**2
    noise = law.noise_sd * rng.standard_normal()
    ends = 1 / law.spike_hours
    r, cv2 = law.count_shape, law.size_cv**2
    # Per request and of the counts: the two parts of the ninth of the variance.
    of_requests, of_counts = (1 + cv2) * law.size_mean / 9, 1 / (9 * r)
    left, factor = 0, 1.0
    for hour in range(tokens.size):
        if hour > 0:
            noise = law.noise_rho * noise + step * rng.standard_normal()
        if left == 0:
            factor = 1.0
            if rng.random() < (law.spike_share if hour == 0 else law.spike_probability):
                left = rng.geometric(ends)
                factor = 1 + np.exp(law.spike_log_median + law.spike_sigma * rng.standard_normal())
        if left > 0:
            left -= 1
        mean = level * base[hour] * np.exp(noise + offset) * factor
        if full:
            requests = rng.standard_gamma(r) * (mean / law.size_mean) / r
            count = rng.poisson(requests)
            total = law.size_mean * (count + law.size_cv * np.sqrt(count) * rng.standard_normal())
            tokens[hour] = max(total, 0.0)
        else:
            v = of_requests / mean + of_counts
            root = max(1 - v + np.sqrt(v) * rng.standard_normal(), 0.0)
            tokens[hour] = mean * root * root * root
