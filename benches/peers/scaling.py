"""How tokentide's time grows with threads, replications, workloads and plans."""

import re
import tempfile
import tomllib
from pathlib import Path
from statistics import median

from peers import ROOT, execute, processors

SCENARIO = ROOT / "workloads" / "assistant-fleet.toml"


def blocks() -> dict[str, str]:
    """The text of the scenario's chat workload, of its two offers and of the batch offer, by name."""
    parts = re.split(r"(?m)^(?=\[\[)", SCENARIO.read_text())
    named = {}
    for part in parts:
        if part.startswith(("[[offer]]", "[[workload]]")):
            [[entry]] = tomllib.loads(part).values()
            named[entry["name"]] = part
    return {name: named[name] for name in ("chat", "on-demand-chat", "units-chat", "batch")}


def scenario(workloads: int, plans: int) -> str:
    """Copies of chat, each with offers of its own, under plans of 0, 1, 2, … units each."""
    text = blocks()
    file = 'name = "Copies of chat"\ncurrency = "USD"\n\n[horizon]\nflat = { months = 1, hours_per_month = 730 }\n\n' + text["batch"]
    names = [f"chat{i}" for i in range(workloads)]
    for name in names:
        for block in ("on-demand-chat", "units-chat", "chat"):
            named = block.replace("chat", name)
            file += re.sub(r'(?m)^name = ".*"', f'name = "{named}"', text[block], count=1)
    routes = [f'{name} = ["units-{name}", "on-demand-{name}"]\n"{name}.deferrable" = ["batch"]' for name in names]
    units = ", ".join(f'units-{name} = "0..={plans - 1}"' for name in names)
    terms = ", ".join(f'units-{name} = "1 month"' for name in names)
    file += '\n[[plan]]\nname = "copies"\nterm = { ' + terms + " }\n\n[plan.route]\n" + "\n".join(routes)
    return file + '\n\n[plan.sweep]\nlinked = ["units"]\nunits = { ' + units + " }\n"


def seconds(rust: Path, rounds: int, replications: int, file: Path | None = None, threads: int = 1) -> float:
    """Median wall time of some rounds, on as many processors as threads."""
    command = (str(rust), "--way", "tokentide", *(("--scenario", str(file)) if file else ()))
    pinned = frozenset(processors()[-threads:])
    return median(execute(command, replications, seed + 1, threads, pinned)["seconds"] for seed in range(rounds))


def threads(rust: Path, rounds: int, replications: int) -> None:
    """Prints what a second thread brings."""
    one, two = (seconds(rust, rounds, replications, threads=number) for number in (1, 2))
    print(f"Assistant fleet, {replications} replications, median of {rounds} rounds:\n")
    print("| threads | seconds | times as fast |\n|---:|---:|---:|")
    print(f"| 1 | {one:.3f} | 1.00 |\n| 2 | {two:.3f} | {one / two:.2f} |")


class Rows:
    """Rows of the table of sizes. One that would take longer than the limit, going by the row before it, is left out and says so."""

    def __init__(self, rust: Path, rounds: int, limit: float) -> None:
        self.rust, self.rounds, self.limit = rust, rounds, limit
        self.before = 0.0

    def add(self, replications: int, workloads: int, plans: int, file: Path | None = None) -> None:
        """Measures and prints one row."""
        hours = replications * workloads * 730
        if (expected := self.before * hours) > self.limit:
            print(f"| {replications} | {workloads} | {plans} | left out: about {expected:.0f} | |", flush=True)
            return
        took = seconds(self.rust, self.rounds, replications, file)
        self.before = took / hours
        print(f"| {replications} | {workloads} | {plans} | {took:.3f} | {1e9 * took / hours:.1f} |", flush=True)


def sizes(rust: Path, rounds: int, quick: bool, limit: float) -> None:
    """Prints the time of more replications, workloads and plans, on one thread."""
    shrink = 100 if quick else 1
    heads = (1, 10, 100) if quick else (1, 10, 100, 1_000)
    print("\nOne thread. The first rows are the assistant fleet; the others are copies of chat.\n")
    print("| replications | workloads | plans | seconds | ns per workload-hour |\n|---:|---:|---:|---:|---:|")
    rows = Rows(rust, rounds, limit)
    for count in (100, 1_000) if quick else (1_000, 10_000, 100_000, 1_000_000):
        rows.add(count, 3, 17)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "copies.toml"
        # About the same number of workload-hours in the rows of one kind.
        for workloads in heads:
            file.write_text(scenario(workloads, 17))
            rows.add(max(30_000 // shrink // workloads, 100), workloads, 17, file)
        for plans in heads:
            file.write_text(scenario(1, plans))
            rows.add(10_000 // shrink, 1, plans, file)
