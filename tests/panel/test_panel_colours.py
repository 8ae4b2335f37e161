"""The colours of states are told apart with every kind of colour vision, light and dark."""

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

SOURCES = Path(__file__).parents[2] / "frontend" / "src"
STATES = ("green", "amber", "red", "blue", "grey")
LEAST = 15.0  # CIE76, of neighbours in small dots; the eye sees 2.3
# Machado, Oliveira & Fernandes, "A physiologically-based model for simulation of color vision
# deficiency", 2009, severity 1, on linear RGB.
VISIONS = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
GROUNDS = {"light": "#ffffff", "dark": "#1b1b1b"}


def colours(theme):
    """Of the states, and of a run that the pointer is on."""
    css = (SOURCES / "styles/base.css").read_text()
    blocks = {"light": css.split("}")[1], "dark": css.split('[data-theme="dark"]')[1].split("}")[0]}
    found = dict(re.findall(r"--(\w+): (#\w{6});", blocks["light"]))
    if theme == "dark":
        found |= dict(re.findall(r"--(\w+): (#\w{6});", blocks["dark"]))
    dark, light = re.findall(r'hover: "(#\w{6})"', (SOURCES / "theme.js").read_text())
    return {**{name: found[name] for name in STATES}, "hover": dark if theme == "dark" else light}


def linear(code):
    rgb = np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(code, vision):
    xyz = TO_XYZ @ np.clip(VISIONS[vision] @ linear(code), 0, 1) / WHITE
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(one, other):
    low, high = sorted(float(TO_XYZ[1] @ linear(code)) for code in (one, other))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("vision", list(VISIONS))
def test_states_are_told_apart(theme, vision):
    near = {
        pair: float(np.linalg.norm(lab(pair[0][1], vision) - lab(pair[1][1], vision)))
        for pair in itertools.combinations(colours(theme).items(), 2)
    }
    assert min(near.values()) >= LEAST, min(near, key=near.get)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_states_are_seen_on_the_page(theme):
    assert min(contrast(code, GROUNDS[theme]) for code in colours(theme).values()) >= 3.0
