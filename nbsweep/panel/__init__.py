"""The live panel: one widget that shows a sweep, steers it and reports selections."""
