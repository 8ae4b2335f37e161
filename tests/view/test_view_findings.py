"""Findings in the static page, in texts and in the terminal; none without ground."""

import numpy as np
import pytest

from nbsweep.records import RunState
from nbsweep.view.content import brief
from nbsweep.view.findings import findings, with_findings
from nbsweep.view.html import to_html
from nbsweep.view.picture import picture
from nbsweep.view.render import final_bundle
from nbsweep.view.terminal import to_text


@pytest.fixture
def decided(make_sweep):
    """A sweep of 40 runs in which x decides, best at its upper end."""
    sweep = make_sweep(
        {
            "method": "random",
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {"x": {"min": 0.5, "max": 2.5}, "act": {"values": ["u", "v"]}},
        }
    )
    rng = np.random.default_rng(0)
    for _ in range(40):
        x = float(rng.uniform(0.5, 2.5))
        params = {"x": x, "act": str(rng.choice(["u", "v"]))}
        sweep.add(RunState.FINISHED, params=params, summary={"loss": 3.0 - x})
    return sweep


def drawn(sweep):
    return picture(sweep.snapshot(), sweep.config, total=40, now=sweep.now)


EDGE = "The best 4 of 40 runs sit at x's upper end, 2.5: a wider range may hold better values."


def test_findings_are_json_values_with_the_wider_range(decided):
    shared, edge, *_ = findings(decided.snapshot(), decided.config)
    assert shared["text"].startswith("The best 4 of 40 runs have x 2.")
    assert shared["parameters"] == {}
    assert edge == {"text": EDGE, "parameters": {"x": {"max": 3.5}}}


def test_page_text_and_terminal_say_them(decided):
    told = with_findings(drawn(decided), decided.snapshot(), decided.config)
    for text in (to_html(told), brief(told), to_text(told)):
        assert EDGE.replace("'", "&#x27;") in text or EDGE in text
    shown = final_bundle(decided.snapshot(), decided.config, now=decided.now)
    assert EDGE in shown["text/plain"]
    assert EDGE.replace("'", "&#x27;") in shown["text/html"]


def test_names_of_users_stay_text(make_sweep):
    sweep = make_sweep(
        {
            "method": "random",
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {"act": {"values": ["<u>", "<v>", "w"]}},
        }
    )
    for i in range(40):
        value = ["<u>", "<v>", "w"][i % 3]
        sweep.add(
            RunState.FINISHED, params={"act": value}, summary={"loss": (value == "<u>") + i / 99}
        )
    html = to_html(with_findings(drawn(sweep), sweep.snapshot(), sweep.config))
    assert "act &lt;u&gt; did worse than the others" in html
    assert "<u>" not in html


def test_there_are_none_without_ground(make_sweep, make_mixed_sweep):
    sweep = make_mixed_sweep(5)
    assert findings(sweep.snapshot(), sweep.config) == []
    assert drawn(sweep)["findings"] == []
