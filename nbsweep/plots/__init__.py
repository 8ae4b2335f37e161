"""Plotly figures: in each file the data (`collect_x`) apart from the drawing (`draw_x`)."""
