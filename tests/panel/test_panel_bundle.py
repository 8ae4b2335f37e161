"""The front end: its bundle, its own tests, and its types of what Python sends."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from nbsweep.panel.packing import pack
from nbsweep.panel.widget import STATIC, Panel
from nbsweep.records import RunState, SweepState
from nbsweep.view.picture import picture
from tests.made_up_sweeps import front_sweep
from tests.panel.test_panel_widget import FakeControl, Page

FRONTEND = Path(__file__).parents[2] / "frontend"

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def node(do_without):
    if shutil.which("node") is None:
        do_without("no Node.js on this machine: apt-get install nodejs npm")
    if not (FRONTEND / "node_modules").is_dir():
        do_without("the front end's packages are missing: cd frontend && npm ci")


def run(*command):
    done = subprocess.run(
        command, cwd=FRONTEND, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_committed_bundle_equals_a_fresh_build(tmp_path):
    run("node", "build.js", str(tmp_path))
    for file in sorted(tmp_path.iterdir()):
        assert file.read_bytes() == (STATIC / file.name).read_bytes(), (
            f"run `make frontend`: {file.name}"
        )
    assert {file.name for file in tmp_path.iterdir()} == {file.name for file in STATIC.iterdir()}


def test_the_front_end_passes_its_own_tests():
    assert "passed" in run("node", "node_modules/vitest/vitest.mjs", "run")


def test_pictures_of_a_front_are_what_the_types_say(tmp_path):
    sweep = front_sweep(sweep_state=SweepState.FINISHED)
    panel = Panel(sweep.snapshot, sweep.config, clock=lambda: sweep.now)
    panel.finish(picture(panel.read(), sweep.config, total=50, now=sweep.now))
    page = Page(panel)
    first = page.say(kind="ready")
    panel.close()
    assert first["picture"]["front"]
    assert first["picture"]["hypervolume"]["steps"]
    packed, _ = pack(first["picture"]["rows"])
    check_types(tmp_path, [first, {**first, "rows": packed}])


def test_python_sends_what_the_types_of_the_front_end_say(tmp_path, make_mixed_sweep):
    sweep = make_mixed_sweep(30)
    sweep.go_on(1, [0.2], config={"epochs": 40})
    panel = Panel(sweep.snapshot, sweep.config, FakeControl(), clock=lambda: sweep.now)
    page = Page(panel)
    first = page.say(kind="ready")
    assert first["picture"]["rows"][0]["continued"]
    assert page.say(kind="detail", run="run00001")["detail"]["continued"]
    page.say(kind="analyse", key="a", target="", runs=None, method="permutation")
    page.say(kind="space")
    assert page.say(kind="chart", name="timeline")["chart"]["svg"]
    assert page.say(kind="chart", name="what")["error"]
    page.say(kind="series", x="_step", y="loss", runs=["run00001"], rows=[-1])
    page.say(kind="steer", action="pause")
    sweep.add(RunState.FINISHED)
    panel.show(picture(panel.read(), sweep.config, total=50, now=sweep.now, live=True))
    panel.close()
    packed, _ = pack(first["picture"]["rows"])
    messages = [*page.messages, {**first, "rows": packed}]
    kinds = {message["kind"] for message in messages}
    assert kinds == {"picture", "detail", "analysis", "space", "chart", "series", "answer", "delta"}
    check_types(tmp_path, messages)


def check_types(folder, messages):
    types = json.dumps(str(FRONTEND / "src" / "types.d.ts"))
    sample = folder / "messages.ts"
    sample.write_text(
        f"import type {{ FromKernel }} from {types};\n"
        f"export const messages: FromKernel[] = {json.dumps(messages, indent=1)};\n"
    )
    options = ("--strict", "--noEmit", "--skipLibCheck", "--target", "es2022")
    run("node", "node_modules/typescript/bin/tsc", *options, str(sample))
