"""`python -m tutor`, without importing anything from the folder one happens to be in."""

import os  # os and sys are there before any folder is looked into
import sys

HOME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
if not sys.flags.safe_path and os.path.realpath(sys.path[0]) != HOME:
    del sys.path[0]

from tutor.launch import main  # noqa: E402

main()
