"""`python -m chainrule` is the command `chainrule`."""

import sys

from chainrule.command_line import main

sys.exit(main())
