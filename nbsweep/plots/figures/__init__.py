"""The figures, a file each: what an analysis collected, drawn by plotly."""
