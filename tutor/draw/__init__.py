"""Pictures as character cells: graphs, plots, fields and mathematics, with style names and no colours.

Nothing here knows a screen library; a face turns the style names of `cells.STYLES` into its own colours.
"""
