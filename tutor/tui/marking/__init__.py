"""Marking beside the screen: the process that marks, and the screen's end of it."""
