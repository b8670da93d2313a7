"""Whether two programs computed the same: differences of their estimates in standard errors."""

from math import erfc, sqrt
from statistics import fmean

LIMIT = 4.5

# What is compared, and its error.
ESTIMATES = (("mean", "mean_se"), ("p95", "p95_se"), ("throttled_mean", "throttled_se"))


def pooled(runs: list[dict]) -> dict[str, list[float]]:
    """The estimates of several runs of one program with different seeds as one: means, with errors that fall as the runs' number."""
    together: dict[str, list[float]] = {}
    for estimate, error in ESTIMATES:
        together[estimate] = [fmean(values) for values in zip(*(run[estimate] for run in runs), strict=True)]
        squares = zip(*(run[error] for run in runs), strict=True)
        together[error] = [sqrt(sum(e * e for e in errors)) / len(runs) for errors in squares]
    return together


def largest_z(one: dict[str, list[float]], other: dict[str, list[float]]) -> tuple[float, str, float]:
    """The largest difference over plans and estimates in standard errors, with its sign; where it is; its chance.

    One z stands for a program: the plans share their draws, so their z rise and fall together and count for little more than one. The
    chance is Bonferroni's bound, the number of comparisons times that of a single z, which holds however they depend on each other.
    """
    worst, place, count = 0.0, "", 0
    for estimate, error in ESTIMATES:
        rows = zip(one[estimate], one[error], other[estimate], other[error], strict=True)
        for plan, (a, a_error, b, b_error) in enumerate(rows):
            spread = sqrt(a_error**2 + b_error**2)
            z = (a - b) / spread if spread > 0 else (0.0 if a == b else float("inf"))
            count += 1
            # A NaN must not pass for agreement.
            if not abs(z) <= abs(worst):
                worst, place = z, f"{estimate}, k = {plan}"
    return worst, place, min(1.0, count * erfc(abs(worst) / sqrt(2)))


def agrees(z: float) -> bool:
    """Whether a largest z is what chance does; a NaN is not."""
    return abs(z) <= LIMIT
