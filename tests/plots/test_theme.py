"""Light and dark figures, and what is read on coloured cells."""

import pytest

import nbsweep
from nbsweep.analysis.charts.palette import DARK, LIGHT, contrast
from nbsweep.errors import UsageError
from nbsweep.plots import in_use


@pytest.fixture(autouse=True)
def light_again():
    yield
    in_use.choose("light")


@pytest.fixture
def sweep():
    sweep_id = nbsweep.sweep(
        {
            "method": "grid",
            "metric": {"name": "loss", "goal": "minimize"},
            "parameters": {"x": {"values": [1, 2, 3, 4]}, "y": {"values": [1, 2, 3]}},
        }
    )

    def train():
        with nbsweep.init() as run:
            run.log({"loss": run.config.x + run.config.y / 9})

    nbsweep.agent(sweep_id, train, show=False)
    return nbsweep.Sweep(sweep_id)


@pytest.mark.parametrize("name", ["history", "parallel_coordinates", "importance", "contour"])
def test_figures_are_drawn_in_the_theme_in_use(sweep, name):
    draw = getattr(nbsweep.plots, name)
    light = draw(sweep)
    with nbsweep.plots.use_theme("dark"):
        dark = draw(sweep)
    for figure, palette in ((light, LIGHT), (dark, DARK), (draw(sweep), LIGHT)):
        assert figure.layout.paper_bgcolor == palette.ground
        assert figure.layout.plot_bgcolor == palette.ground
        assert figure.layout.font.color == palette.ink
        other = DARK if palette is LIGHT else LIGHT
        text = figure.to_json()
        assert other.ground not in text
        assert other.ink not in text


def test_a_theme_stays_until_another_one_is_chosen(sweep):
    nbsweep.plots.use_theme("dark")
    assert nbsweep.plots.edf(sweep).layout.paper_bgcolor == DARK.ground
    nbsweep.plots.use_theme("light")
    assert nbsweep.plots.edf(sweep).layout.paper_bgcolor == LIGHT.ground


def test_a_theme_that_there_is_not_is_refused():
    with pytest.raises(UsageError) as caught:
        nbsweep.plots.use_theme("drak")
    assert str(caught.value) == (
        'theme \'drak\': "light" or "dark" is accepted. Did you mean "dark"?'
    )


@pytest.mark.parametrize("palette", [LIGHT, DARK])
@pytest.mark.parametrize("scale", ["quality", "signed", "amount"])
def test_a_text_on_any_shade_can_be_read(palette, scale):
    for i in range(101):
        colour = palette.shade(i / 100, scale)
        assert contrast(palette.on(colour), colour) > 3.5


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_colours_stand_out_from_the_ground(palette):
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for colour in (*palette.roles.values(), *palette.series):
        assert contrast(colour, palette.ground) > 2
