"""Widgets that redraw only the cells that changed."""
