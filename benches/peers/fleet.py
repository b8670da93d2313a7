"""What every Python peer shares: the scenario's constants, read from its file, and the summary that ends a run."""

import argparse
import json
import re
import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

Floats = NDArray[np.float64]

SCENARIO = Path(__file__).parents[2] / "workloads" / "assistant-fleet.toml"
UNITS = np.arange(17)
TERM = "1 month"
QUANTILES = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
NODES = 4096


@dataclass(frozen=True)
class Workload:
    """One workload and the offers that serve it. Tokens are per hour, prices per token."""

    name: str
    level_sigma: float
    base: Floats  # expected tokens by hour of the month: level times the shape of the week
    noise_sd: float
    noise_rho: float
    spike_probability: float
    spike_hours: float
    spike_log_median: float
    spike_sigma: float
    count_shape: float
    size_mean: float
    size_cv: float
    minute_cv: float
    deferrable: float
    unit: float  # capacity of one unit
    unit_price: float  # per unit-hour
    quota: float
    price: float
    batch_price: float

    @property
    def spike_share(self) -> float:
        """Share of hours with a spike: its mean length over that of a cycle of spike and idle hours."""
        p = self.spike_probability
        return self.spike_hours / (self.spike_hours + (1 - p) / p)

    @property
    def last_ratio(self) -> float:
        """The capacity, in multiples of the hour's tokens, beyond which less than 1e-9 of them overflow."""
        ratio = 1.0
        while self.overflow(np.array([ratio]))[0] > 1e-9:
            ratio += 0.25
        return ratio

    def overflow(self, ratio: Floats) -> Floats:
        """E[(m - ratio)+], m gamma of mean 1 with the minutes' coefficient of variation."""
        shape = self.minute_cv**-2
        return gammaincc(shape + 1, shape * ratio) - ratio * gammaincc(shape, shape * ratio)

    def beyond(self, tokens: Floats, capacity: float) -> Floats:
        """E[(m tokens - capacity)+] by the closed form; 0 for no tokens."""
        some = np.maximum(tokens, 1.0)
        return np.where(tokens > 0, some * self.overflow(capacity / some), 0.0)


@dataclass(frozen=True)
class Fleet:
    """The workloads, and the units' cost by number of units per pool."""

    workloads: tuple[Workload, ...]
    hours: int

    @property
    def units_cost(self) -> Floats:
        """What the units of all pools cost in the month, by number of units."""
        return UNITS * (self.hours * sum(w.unit_price for w in self.workloads))


def number(text: str) -> float:
    """The number a quantity begins with: 6e6 for "6.0M tokens/h", 0.15 for "15%"."""
    found = re.match(r"([\d.]+)\s*([kMB%]?)", text)
    if not found:
        raise ValueError(f"no number in {text!r}")
    scale = {"": 1.0, "k": 1e3, "M": 1e6, "B": 1e9, "%": 0.01}
    return float(found[1]) * scale[found[2]]


def price_of(offer: dict, output_share: float) -> float:
    """Price of a token of the mix."""
    price = {name: number(text) / 1e6 for name, text in offer["price"].items()}
    return (1 - output_share) * price["input"] + output_share * price["output"]


def week(shape: dict) -> Floats:
    """Relative demand of the 168 hours from Monday 00:00, of mean 1: a bell around the peak over the night's level."""
    hour = np.arange(168)
    distance = np.abs(hour % 24 - shape["peak"])
    distance = np.minimum(distance, 24 - distance)
    bell = np.exp(-0.5 * (distance / shape["width"]) ** 2)
    day = np.array([1, 1, 1, 1, 1, shape["saturday"], shape["sunday"]])[hour // 24]
    value = (shape["night"] + (1 - shape["night"]) * bell) * day
    return value / value.mean()


def load(path: Path = SCENARIO) -> Fleet:
    """Reads the scenario."""
    file = tomllib.loads(path.read_text())
    hours = file["horizon"]["flat"]["hours_per_month"]
    offers = {offer["name"]: offer for offer in file["offer"]}
    route = file["plan"][0]["route"]

    def workload(w: dict) -> Workload:
        units, on_demand = (offers[name] for name in route[w["name"]])
        batch = [offers[name] for name in route.get(w["name"] + ".deferrable", [])]
        output = w["tokens"]["output_share"]
        size = w["spikes"]["size"]
        return Workload(
            name=w["name"],
            level_sigma=w["level"]["sigma"],
            base=number(w["level"]["mean"]) * week(w["shape"])[np.arange(hours) % 168],
            noise_sd=w["noise"]["fast"]["sd"],
            noise_rho=w["noise"]["fast"]["autocorrelation"],
            spike_probability=w["spikes"]["probability"],
            spike_hours=number(w["spikes"]["duration"]),
            spike_log_median=float(np.log(size["median"])),
            spike_sigma=size["sigma"],
            count_shape=w["requests"]["shape"],
            size_mean=w["tokens"]["mean"],
            size_cv=w["tokens"]["cv"],
            minute_cv=w["minute"]["cv"],
            deferrable=number(w["deferrable_share"]),
            unit=number(units["capacity"]),
            unit_price=number(units["terms"][TERM]),
            quota=number(on_demand["quota"]["rate"]),
            price=price_of(on_demand, output),
            batch_price=price_of(batch[0], output) if batch else 0.0,
        )

    return Fleet(tuple(workload(w) for w in file["workload"]), hours)


def summarise(samples: Floats) -> dict[str, Floats]:
    """Mean, percentiles and CVaR of each column of (replications, plans), with the errors of mean and P95.

    The error of P95 is that of its rank, sqrt(n p (1 - p)), times the spacing of the order statistics two such errors to either side.
    """
    ascending = np.sort(samples.T, axis=1)
    n = ascending.shape[1]
    rank_error = np.sqrt(n * 0.95 * 0.05)
    low = max(int(0.95 * n - 2 * rank_error), 0)
    high = min(int(0.95 * n + 2 * rank_error), n - 1)
    place = np.array(QUANTILES) * (n - 1)
    below = place.astype(int)
    quantiles = ascending[:, below] + (place - below) * (ascending[:, np.minimum(below + 1, n - 1)] - ascending[:, below])
    return {
        "mean": ascending.mean(axis=1),
        "se": ascending.std(axis=1, ddof=1) / np.sqrt(n),
        "quantiles": quantiles.T,
        "p95": quantiles[:, QUANTILES.index(0.95)],
        "p95_se": rank_error * (ascending[:, high] - ascending[:, low]) / (high - low),
        "cvar95": ascending[:, n - max(n // 20, 1) :].mean(axis=1),
    }


Add = Callable[[np.random.Generator, Floats, Floats], None]
Prepare = Callable[[Workload, bool], Add]


def in_parts(add: Add, replications: int) -> Add:
    """The same, a few replications at a time: what is drawn for them then fits into the cache."""

    def all_of_them(rng: np.random.Generator, cost: Floats, throttled: Floats) -> None:
        for first in range(0, cost.shape[0], replications):
            rows = slice(first, first + replications)
            add(rng, cost[rows], throttled[rows])

    return all_of_them


def simulate(fleet: Fleet, workloads: list[Add], replications: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Costs and throttled tokens: (replications, plans)."""
    cost = np.tile(fleet.units_cost, (replications, 1))
    throttled = np.zeros_like(cost)
    for add in workloads:
        add(rng, cost, throttled)
    return cost, throttled


def main(program: str, prepare: Prepare) -> None:
    """Runs a peer from the command line and prints its line of JSON.

    `prepare` takes a workload and whether the form is the full one, makes the tables, and returns what adds that workload's costs and
    throttled tokens to every replication. The clock starts after that and after a few replications, which compile what is compiled.
    """
    parser = argparse.ArgumentParser(description=program)
    parser.add_argument("--replications", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1, choices=[1], help="these programs have one thread")
    parser.add_argument("--form", choices=["full", "collapsed"], default="collapsed")
    args = parser.parse_args()
    fleet = load()
    workloads = [prepare(workload, args.form == "full") for workload in fleet.workloads]
    summarise(simulate(fleet, workloads, 8, np.random.default_rng(0))[0])
    start = time.perf_counter()
    cost, throttled = simulate(fleet, workloads, args.replications, np.random.default_rng(args.seed))
    costs, losses = summarise(cost), summarise(throttled)
    seconds = time.perf_counter() - start
    hours = args.replications * len(fleet.workloads) * fleet.hours
    line = {
        "program": program,
        "form": args.form,
        "replications": args.replications,
        "seconds": seconds,
        "ns_per_workload_hour": 1e9 * seconds / hours,
        "mean": costs["mean"].tolist(),
        "mean_se": costs["se"].tolist(),
        "p95": costs["p95"].tolist(),
        "p95_se": costs["p95_se"].tolist(),
        "cvar95": costs["cvar95"].tolist(),
        "throttled_mean": losses["mean"].tolist(),
        "throttled_se": losses["se"].tolist(),
    }
    print(json.dumps(line))
