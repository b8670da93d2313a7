"""Demand in numpy, replications side by side: arrays of (hours, replications)."""

import numpy as np
from numpy.typing import DTypeLike, NDArray

from fleet import Workload


def spikes(w: Workload, rng: np.random.Generator, out: NDArray) -> None:
    """Multiplies `out` by the spikes: all replications' first ones, then all second ones, until every month is over."""
    hours, n = out.shape
    p, ends = w.spike_probability, 1 / w.spike_hours
    # Where the first hour is idle, its gap has that hour and then as many more as any other gap.
    start = np.where(rng.random(n) < w.spike_share, 0, rng.geometric(p, n))
    columns = np.arange(n)
    flat = out.reshape(-1)
    while (going := start < hours).any():
        columns, start = columns[going], start[going]
        length = rng.geometric(ends, columns.size)
        factor = 1 + np.exp(w.spike_log_median + w.spike_sigma * rng.standard_normal(columns.size))
        inside = np.minimum(length, hours - start)
        within = np.arange(inside.sum()) - np.repeat(np.cumsum(inside) - inside, inside)
        flat[np.repeat(start * n + columns, inside) + within * n] *= np.repeat(factor, inside)
        start = start + length + rng.geometric(p, columns.size) - 1


def expected(w: Workload, n: int, rng: np.random.Generator, dtype: DTypeLike) -> NDArray:
    """Expected tokens: level, shape, noise and spikes."""
    hours = w.base.size
    normals = rng.standard_normal((hours, n), dtype=dtype)
    normals *= dtype(w.noise_sd)
    rho = dtype(w.noise_rho)
    step = dtype(np.sqrt(1 - w.noise_rho**2))
    normals[1:] *= step
    for hour in range(1, hours):
        normals[hour] += rho * normals[hour - 1]
    s = w.level_sigma
    level = s * rng.standard_normal(n, dtype=dtype) - dtype(0.5 * s * s + 0.5 * w.noise_sd**2)
    normals += level
    normals += np.log(w.base).astype(dtype)[:, None]
    tokens = np.exp(normals, out=normals)
    spikes(w, rng, tokens)
    return tokens


def realised(w: Workload, mean: NDArray, full: bool, rng: np.random.Generator) -> NDArray:
    """Tokens given what is expected: a negative binomial count and a normal sum of sizes, or both as one gamma-like variate."""
    requests = mean * (1 / w.size_mean)
    r, cv2 = w.count_shape, w.size_cv**2
    if full:
        count = rng.negative_binomial(r, r / (r + requests))
        sizes = w.size_mean * (count + w.size_cv * np.sqrt(count) * rng.standard_normal(count.shape))
        return np.maximum(sizes, 0)
    v = ((1 + cv2) / 9) / requests
    v += 1 / (9 * r)
    root = rng.standard_normal(mean.shape, dtype=mean.dtype)
    root *= np.sqrt(v)
    root -= v
    root += 1
    np.maximum(root, 0, out=root)
    # Products, as a power of 3 is a call of pow for every element.
    cube = root * root
    cube *= root
    cube *= mean
    return cube
