"""The inside of a process: `python -m benchmarks.worker <name>` runs one worker.

Arguments come as JSON on stdin, the result goes as JSON to stdout.
"""

import importlib
import json
import sys

if __name__ == "__main__":
    worker = importlib.import_module(f"benchmarks.workers.{sys.argv[1]}")
    json.dump(worker.measure(**json.load(sys.stdin)), sys.stdout)
