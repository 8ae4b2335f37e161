"""What every benchmark shares: rows of a table, percentiles, the machine's name."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

# Last, so that it decides nothing else: tests.postgres and tests.kernels are found there.
sys.path.append(str(Path(__file__).parents[1]))


@dataclass(frozen=True)
class Row:
    """One line of benchmarks/README.md."""

    what: str
    who: str
    figure: str
    target: str = ""
    met: bool | None = None


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: list[float]) -> float:
    return statistics.median(values)


def version(package: str) -> str:
    from importlib.metadata import version as installed

    return f"{package} {installed(package)}"


def machine() -> str:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(":")[2].strip() if names else cpu
    return f"{os.cpu_count()} × {cpu}, Python {platform.python_version()}, {platform.system()}"


def in_fresh_process(script: Path, *arguments: str, folder: str) -> list[Row]:
    """Run a benchmark file by itself and read the rows that it prints last."""
    done = subprocess.run(
        [sys.executable, str(script), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(script.parent), "NBSWEEP_SILENT": "true"},
    )
    if done.returncode:
        raise SystemExit(f"{script.name} {' '.join(arguments)} failed:\n{done.stderr}")
    return [Row(**row) for row in json.loads(done.stdout.strip().splitlines()[-1])]


def give(rows: list[Row]) -> None:
    """Print rows for `in_fresh_process`."""
    print(json.dumps([asdict(row) for row in rows]))
