"""`python -m tutor`, without importing anything from the folder one happens to be in."""

import sys
from pathlib import Path

if Path(sys.path[0]).resolve() != Path(__file__).resolve().parent.parent:
    del sys.path[0]

from tutor.launch import main

main()
