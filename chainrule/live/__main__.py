"""`python -m chainrule.live FOLDER` writes FOLDER/index.html."""

import sys

from chainrule.live.document import write

if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
    sys.exit("usage: python -m chainrule.live FOLDER   writes the live page, FOLDER/index.html")
print(write(sys.argv[1]))
