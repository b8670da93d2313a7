#!/usr/bin/env python3
"""Compares tokentide's speed with that of programs that do the same work, and checks that their results agree.

    python3 benches/peers/run.py            about ten minutes; prints a table
    python3 benches/peers/run.py --quick    a minute: does everything run and agree?
    python3 benches/peers/run.py --scaling  threads, replications, workloads and plans, of tokentide alone

Needs cargo, Python 3.11 and a package index for the versions in requirements.txt.
"""

import argparse
import sys
import time
from statistics import median

import scaling
from agreement import agrees, largest_z, pooled
from peers import Program, binary, execute, machine, peers, processors, python, versions


def rounds(programs: list[Program], count: int, replications: int) -> dict[Program, list[dict]]:
    """Runs all programs, one after another, and that several times: what else the machine does then meets all of them alike.

    No two runs have the same seed, so that what they find is independent.
    """
    # Often the first processor is the one that serves interrupts.
    pinned = frozenset(processors()[-1:])
    runs: dict[Program, list[dict]] = {program: [] for program in programs}
    for number in range(count):
        for index, program in enumerate(programs):
            print(f"round {number + 1} of {count}: {program.name}, {program.form}", file=sys.stderr)
            runs[program].append(execute(program.command, replications, 1000 * number + index + 1, processors=pinned))
    return runs


def speed(runs: list[dict]) -> float:
    """Nanoseconds per workload-hour: the median of the rounds."""
    return median(run["ns_per_workload_hour"] for run in runs)


def table(runs: dict[Program, list[dict]]) -> bool:
    """Prints the comparison and returns whether all programs agree with the first."""
    (product, its_runs), *others = runs.items()
    expected, base = pooled(its_runs), speed(its_runs)
    print("| program | form | ns per workload-hour | lowest to highest | times tokentide's | largest z | where | its chance, at most |")
    print("|---|---|---:|---:|---:|---:|---|---:|")
    row = "| {} | {} | {:.1f} | {:.1f} to {:.1f} | {:.2f} | {} |"
    all_agree = True
    for program, own in [(product, its_runs), *others]:
        z, place, chance = largest_z(pooled(own), expected)
        told = "| |" if program == product else f"{z:+.2f} | {place} | {chance:.2g}"
        each = [run["ns_per_workload_hour"] for run in own]
        print(row.format(program.name, program.form, speed(own), min(each), max(each), speed(own) / base, told))
        all_agree &= agrees(z)
    return all_agree


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--replications", type=int, default=10_000)
    parser.add_argument("--quick", action="store_true", help="one round of 1 000 replications")
    parser.add_argument("--threads", action="store_true", help="instead: tokentide on 1 and 2 threads")
    parser.add_argument("--scaling", action="store_true", help="instead: tokentide by threads, replications, workloads and plans")
    parser.add_argument("--limit", type=float, default=120, help="seconds; sizes that would take longer are left out (default: 120)")
    args = parser.parse_args()
    count, replications = (1, 1_000) if args.quick else (args.rounds, args.replications)
    if count < 1 or replications < 100:
        parser.error("at least 1 round and 100 replications, below which P95 has no error")
    rust = binary()
    here = f"{time.strftime('%-d %B %Y', time.gmtime())}; {machine()}"
    if args.threads or args.scaling:
        print(f"{here}.\n")
        scaling.threads(rust, count, 1_000 if args.quick else 100_000)
        if args.scaling:
            scaling.sizes(rust, count, args.quick, args.limit)
        return
    interpreter = python()
    runs = rounds(peers(interpreter, rust), count, replications)
    print(f"{here}; {versions(interpreter)}.")
    print(f"One thread on one processor; {replications} replications, median of {count} interleaved rounds.\n")
    if not table(runs):
        raise SystemExit("\nNot all programs agree with tokentide: see the largest z.")


if __name__ == "__main__":
    main()
