"""`python -m chainrule.live FOLDER` writes FOLDER/index.html."""

import argparse

from chainrule.live.document import PYODIDE, write

parser = argparse.ArgumentParser(
    prog="python -m chainrule.live", description="Write the live page."
)
parser.add_argument("folder", help="where index.html is written")
parser.add_argument(
    "--pyodide", default=PYODIDE, help="the folder of Pyodide, seen from there (%(default)s)"
)
parser.add_argument(
    "--memory", action="store_true", help="add to that folder what the page begins with at once"
)
asked = parser.parse_args()
if asked.memory:
    print("a Python is started, to keep its memory: it takes some seconds", flush=True)
try:
    print(write(asked.folder, asked.pyodide, memory=asked.memory))
except (OSError, RuntimeError) as error:
    parser.error(str(error))
