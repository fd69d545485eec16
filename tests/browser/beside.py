"""The real program with `--lan`, in a network that every computer is in: its own second address."""

from __future__ import annotations

import sys

from fieldkit.acts import authority
from fieldkit.cli import main

authority.addresses = lambda: ["127.0.0.2"]
sys.exit(main([*sys.argv[1:], "--lan"]))
