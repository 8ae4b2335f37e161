"""What `log` takes besides plain values: pictures, sounds, tables, charts.

Each is kept as a file in the run's folder; the history row and the summary hold a small
JSON reference to it, ``{"_type": "image-file", "path": …, "sha256": …, "size": …}``.
Heavy libraries (numpy, Pillow, pandas, plotly) are imported where they are first used.
"""
