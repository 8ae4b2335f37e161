"""``python -m nbsweep`` is the command line ``nbsweep``."""

from nbsweep.cli import main

if __name__ == "__main__":
    main(prog_name="nbsweep")
