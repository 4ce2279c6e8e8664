"""JavaScript in a process of Node, which computes what it is sent, line by line."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

LOOP = r"""
globalThis.window = globalThis;
const exact = (key, x) => {
  if (typeof x === "bigint") return { integer: String(x) };
  if (typeof x !== "number" || (Number.isFinite(x) && !Object.is(x, -0))) return x;
  return { number: Object.is(x, -0) ? "-0" : String(x) };
};
require("readline").createInterface({ input: process.stdin }).on("line", async (line) => {
  let answer;
  try {
    const [script, argument] = (0, eval)(line);
    const made = (0, eval)(`(${script})`);
    answer = { result: (await (typeof made === "function" ? made(argument) : made)) ?? null };
  } catch (error) {
    answer = { error: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(answer, exact)}\n`);
});
"""


class Node:
    """A running Node; `evaluate` is that of a page in Playwright.

    `packages` is the folder that it takes packages of npm from.
    """

    def __init__(self, program: str, packages: Path | None = None) -> None:
        self._process = subprocess.Popen(
            [program, "-e", LOOP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            env=os.environ | ({"NODE_PATH": str(packages)} if packages else {}),
        )

    def evaluate(self, script: str, argument: Any = None) -> Any:
        """The value of an expression, or what its function makes of the argument."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([script, argument]), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline(), object_hook=_number, parse_int=_whole)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def _whole(digits: str) -> float:
    """A number without a point: JavaScript writes large floats so too."""
    return float(digits) if len(digits) > 15 else int(digits)


def _number(x: dict[str, Any]) -> Any:
    """A number that JSON has no word for; anything else as it is."""
    if list(x) == ["number"]:
        return float(x["number"])
    return int(x["integer"]) if list(x) == ["integer"] else x
