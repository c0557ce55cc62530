"""One file a screen, and one for each part of a large one; staged.py has what all have in common."""
