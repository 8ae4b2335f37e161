"""All media classes by name, as ``wandb.data_types`` has them."""

from nbsweep.media.clips import Audio, Video
from nbsweep.media.documents import Graph, Html, Molecule, Object3D, Plotly, box3d
from nbsweep.media.histogram import Histogram
from nbsweep.media.image import Classes, Image
from nbsweep.media.table import EvalTable, JoinedTable, Table

__all__ = [
    "Audio",
    "Classes",
    "EvalTable",
    "Graph",
    "Histogram",
    "Html",
    "Image",
    "JoinedTable",
    "Molecule",
    "Object3D",
    "Plotly",
    "Table",
    "Video",
    "box3d",
]
