"""`import nbsweep` beyond a bare interpreter."""

from __future__ import annotations

import subprocess
import sys
import time

from common import Row, give, median

REPEATS = 25
TARGET_MS = 40


def seconds(code: str) -> float:
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begin


def main() -> None:
    bare, ours = [], []
    for _ in range(REPEATS):  # interleaved, so that both meet the same load
        bare.append(seconds("pass"))
        ours.append(seconds("import nbsweep"))
    cost_ms = 1000 * (median(ours) - median(bare))
    check = "import nbsweep, sys; print('numpy' in sys.modules)"
    loads = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )
    numpy = "loads numpy" if loads.stdout.strip() == "True" else "loads no numpy"
    met = cost_ms <= TARGET_MS and numpy == "loads no numpy"
    give(
        [Row("import", "nbsweep", f"{cost_ms:.1f} ms, {numpy}", f"≤ {TARGET_MS} ms, no numpy", met)]
    )


main()
