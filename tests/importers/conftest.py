"""What other programs wrote, unpacked."""

import tarfile
from pathlib import Path

import pytest

DATA = Path(__file__).parent / "data"


@pytest.fixture
def written_by(tmp_path):
    """A function that unpacks what a program wrote, and gives the folder."""

    def unpack(program):
        folder = tmp_path / program
        with tarfile.open(DATA / f"{program}.tar.xz") as archive:
            archive.extractall(folder, filter="data")
        return folder

    return unpack
