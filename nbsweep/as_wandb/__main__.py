"""``python -m nbsweep.as_wandb script.py``: a script in which ``import wandb`` gives nbsweep."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence

from nbsweep.executors.stand_in import search_path

USAGE = """\
Run a script, unchanged, in which "import wandb" gives nbsweep:

  python -m nbsweep.as_wandb train.py --epochs 3
  python -m nbsweep.as_wandb -m package.train

What follows is given to Python as it is. For other programs (torchrun, accelerate,
make), and for all that a shell starts, put this folder into PYTHONPATH:

  export PYTHONPATH="$(python -m nbsweep.as_wandb --path)"
"""


def main(arguments: Sequence[str]) -> int:
    """Become, or start, a Python with these arguments; returns its exit code."""
    if not arguments or arguments[0] in ("-h", "--help"):
        sys.stdout.write(USAGE)
        return 0 if arguments else 2
    environment = {**os.environ, "PYTHONPATH": search_path(os.environ.get("PYTHONPATH"))}
    if arguments[0] == "--path":
        sys.stdout.write(environment["PYTHONPATH"] + "\n")
        return 0
    command = [sys.executable, *arguments]
    if os.name != "nt":  # where exec would return to the shell at once
        os.execve(sys.executable, command, environment)
    return subprocess.call(command, env=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
