"""Lets the edge start without its door: ``python -m edge_api``."""

import sys

from edge_api.main import main

sys.exit(main(sys.argv[1:]))
