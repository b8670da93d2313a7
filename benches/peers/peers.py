"""The programs that run.py compares: how each is built and started, and on which processors."""

import json
import os
import platform
import re
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENVIRONMENT = ROOT / "target" / "peers" / "venv"

# Libraries for linear algebra start threads of their own; every program here is to have one.
ONE_THREAD = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")}


@dataclass(frozen=True)
class Program:
    """A program in one of its forms."""

    name: str
    form: str
    command: tuple[str, ...]


def python() -> Path:
    """The interpreter of the virtual environment, which is made when it is missing or has other versions."""
    interpreter = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = (HERE / "requirements.txt").read_text()
    stamp = ENVIRONMENT / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(ENVIRONMENT, with_pip=True)
        pip = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(HERE / "requirements.txt")], check=True)
        stamp.write_text(wanted)
    return interpreter


def binary() -> Path:
    """Builds the Rust programs as `cargo bench` does and returns where they are."""
    build = ["cargo", "bench", "--bench", "peers", "--no-run", "--message-format=json"]
    lines = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()
    for line in map(json.loads, filter(lambda line: line.startswith("{"), lines)):
        if line.get("target", {}).get("name") == "peers" and line.get("executable"):
            return Path(line["executable"])
    raise SystemExit("cargo did not say where the benchmark is")


def peers(interpreter: Path, rust: Path) -> list[Program]:
    """All programs in all forms; the product, which the others are compared with, comes first."""
    product = (str(rust), "--way", "tokentide")
    programs = [Program("tokentide", "collapsed", product), Program("tokentide, Sobol", "collapsed", (*product, "--sobol"))]
    programs.append(Program("tokentide, every metric", "collapsed", (*product, "--every-metric")))
    ways = {"Rust histogram": (str(rust), "--way", "plain-histogram"), "Rust plain": (str(rust), "--way", "plain")}
    for name in ("numba histogram", "numpy histogram", "numba plain", "numpy plain"):
        ways[name] = (str(interpreter), str(HERE / (name.replace(" ", "_") + ".py")))
    for form in ("collapsed", "full"):
        programs += [Program(name, form, (*command, "--form", form)) for name, command in ways.items()]
    return programs


def execute(command: tuple[str, ...], replications: int, seed: int, threads: int = 1, processors: frozenset[int] = frozenset()) -> dict:
    """Runs a program on some processors (anywhere when none are given) and returns its line of JSON."""
    arguments = [*command, "--replications", str(replications), "--seed", str(seed), "--threads", str(threads)]

    def pin() -> None:
        if processors and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(0, processors)

    pin_here = {"preexec_fn": pin} if os.name == "posix" else {}
    environment = os.environ | ONE_THREAD | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, env=environment, **pin_here)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with {done.returncode}")
    return json.loads(done.stdout)


def processors() -> list[int]:
    """The processors that this process may use; empty where the system does not tell."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def machine() -> str:
    """The processor's name and what one needs to know besides."""
    name = platform.processor() or platform.machine()
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
        name = found[1] if found else name
    except OSError:
        pass
    others = f", load average {os.getloadavg()[0]:.1f} before the first run" if hasattr(os, "getloadavg") else ""
    return f"{name}, {len(processors()) or os.cpu_count()} processors, {platform.system()}{others}"


def versions(interpreter: Path) -> str:
    """Versions of everything that computes."""
    script = "import numpy, numba, sys; print(f'Python {sys.version.split()[0]}, numpy {numpy.__version__}, numba {numba.__version__}')"
    found = subprocess.run([interpreter, "-c", script], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    rust = subprocess.run(["rustc", "--version"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()[1]
    head = ["git", "describe", "--always", "--dirty"]
    commit = subprocess.run(head, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout.strip()
    return f"rustc {rust}, {found}" + (f", commit {commit}" if commit else "")


if sys.version_info < (3, 11):
    raise SystemExit("these programs need Python 3.11 or newer")
