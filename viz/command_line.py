"""The command `chainrule`.  Exit codes: 0 done, 1 a check failed, 2 bad input."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from autograd import __version__

DESCRIPTION = """\
Scalar reverse-mode automatic differentiation, to teach, to learn and to check gradients.

In Python:
  from autograd import Value, tanh
  x = Value(0.5, "x")
  y = tanh(2 * x)
  y.backward()          # x.grad is dy/dx
  from viz import draw
  draw(y).save("y.svg")"""

DEMO = """\
Train a small network made of scalar Values on Fisher's iris (150 real flowers) and show all of it:
the held-out accuracy, a check of the trained model's gradient against central differences, the
graph of one neuron and of a whole small network, the training curve and the decision boundary."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        from viz.demo import run_demo  # here: --help and --version need no network and no plots

        run_demo(options.out, options.seed, options.epochs)
    except AssertionError as error:
        print(f"chainrule: {error}", file=sys.stderr)
        return 1
    except (ImportError, OSError) as error:
        print(f"chainrule: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nchainrule: stopped", file=sys.stderr)
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="chainrule",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="chainrule demo --help lists the options of the demo.",
    )
    parser.add_argument("--version", action="version", version=f"chainrule {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    demo = commands.add_parser(
        "demo",
        help="a network learns iris before your eyes, and is checked and drawn",
        description=DEMO,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    demo.add_argument(
        "--out", type=Path, default=Path("chainrule-demo"), metavar="FOLDER",
        help="where the pictures go (default: %(default)s)",
    )  # fmt: skip
    demo.add_argument(
        "--seed", type=int, default=0, metavar="N",
        help="of the weights and the order of the examples (default: %(default)s)",
    )  # fmt: skip
    demo.add_argument(
        "--epochs", type=_positive, default=60, metavar="N",
        help="passes over the training data (default: %(default)s)",
    )  # fmt: skip
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, got {number}")
    return number


if __name__ == "__main__":
    sys.exit(main())
