"""Guards of the package as a whole: public names, import cost, contents of the wheel."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import nbsweep

PACKAGE = Path(nbsweep.__file__).parent

# Each costs 40 to 1,500 ms (docs/architecture.md, "Import cost").
HEAVY = (
    "numpy scipy sklearn pandas plotly sqlalchemy alembic yaml cloudpickle click "
    "IPython ipykernel ipywidgets anywidget torch rich"
).split()

# What `import wandb` 0.31 binds in lower case. A module of such a name directly under
# nbsweep/ would take the place of the function or object for good, once imported.
WANDB_NAMES = set(
    "agent alert api config controller define_metric ensure_configured env finish init join "
    "link_model log log_artifact log_model login mark_preempting plot plot_table restore run "
    "save sdk setup summary sweep teardown term termerror termlog termsetup termwarn unwatch "
    "use_artifact use_model util watch".split()
)


def test_all_is_exactly_the_public_names() -> None:
    names = {name for name in nbsweep.__all__ if name != "__version__"}
    assert len(names) == len(nbsweep.__all__)
    assert names <= set(dir(nbsweep))
    visible = {name for name in dir(nbsweep) if not name.startswith("_")}
    submodules = {path.stem for path in PACKAGE.iterdir()}
    assert visible - submodules == names


def test_type_checkers_are_shown_the_public_names() -> None:
    """The block that they can read has the names of the table."""
    tree = ast.parse(Path(nbsweep.__file__).read_text(encoding="utf-8"))
    (block,) = [
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    shown: list[str] = []
    for node in block.body:
        if isinstance(node, ast.ImportFrom):
            shown += [alias.name for alias in node.names if alias.name == alias.asname]
        elif isinstance(node, ast.Assign):
            shown += [ast.unparse(target) for target in node.targets]
        elif isinstance(node, ast.AnnAssign):
            shown.append(ast.unparse(node.target))
    assert sorted(shown) == nbsweep.__all__


def test_every_public_name_can_be_fetched_and_says_what_it_is() -> None:
    for name in nbsweep.__all__:
        value = getattr(nbsweep, name)
        if callable(value):
            assert value.__doc__, name


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, nbsweep; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert loaded & set(HEAVY) == set()


def test_no_module_takes_the_name_of_something_that_wandb_exports() -> None:
    modules = {
        path.stem.lower()
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path.is_dir() and any(path.glob("*.py")))
    }
    assert modules & WANDB_NAMES == set()


def test_the_changelog_speaks_of_this_version(repository: Path) -> None:
    changelog = (repository / "CHANGELOG.md").read_text()
    headings = re.findall(r"^## \[(.+?)\]", changelog, flags=re.MULTILINE)
    version = nbsweep.__version__
    assert headings[0] == ("Unreleased" if "dev" in version else version)


@pytest.fixture(scope="module")
def wheel(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Names of the files in a wheel built from the sources, without network."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    built = subprocess.run(
        command, cwd=repository, capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def test_the_wheel_holds_every_file_of_the_package(wheel: set[str]) -> None:
    sources = {
        path.relative_to(PACKAGE.parent).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert "nbsweep/py.typed" in sources
    assert sources - wheel == set()


def test_the_wheel_holds_types_migrations_and_nothing_else_at_the_top(wheel: set[str]) -> None:
    assert "nbsweep/py.typed" in wheel
    assert any(re.fullmatch(r"nbsweep/store/migrations/versions/\w+\.py", name) for name in wheel)
    tops = {name.split("/")[0] for name in wheel}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"nbsweep"}
