"""Every mode of the page at every size, light and dark, to be looked at; the playground too.

`python -m scripts.page_screenshots FOLDER` writes them; it needs Chromium and the extra `browser`.
"""

from __future__ import annotations

import random
import shutil
import sys
from itertools import product
from pathlib import Path
from typing import Literal

from autograd import Value, tanh
from chainrule.playgrounds import first_playground
from nn import MLP, squared_error
from viz import explore

SCHEMES: list[Literal["light", "dark"]] = ["light", "dark"]
SIZES = [(1920, 1080), (1366, 768), (1024, 768), (390, 844)]
STATES = {
    "opened": [],
    "steps": ["End", *["ArrowLeft"] * 2],
    "paths": ["2", "ArrowRight"],
    "predict": ["3", "7", "Enter"],
    "descent": ["4", *["ArrowRight"] * 5],
    "room-steps": ["p", "End", *["ArrowLeft"] * 2],
    "room-paths": ["p", "2", "ArrowRight"],
    "room-predict": ["p", "3", "7", "Enter"],
    "room-descent": ["p", "4", *["ArrowRight"] * 5],
}
TRAINED = "() => { while (training.epoch < 40) training.step(); show(); }"
PLAYED = {
    "moons": "#set=moons",
    "spirals": "#set=spirals&layers=8tanh-8tanh&optimizer=Adam",
    "iris": "#set=iris&layers=6relu&optimizer=Adam",
}


def neuron() -> Value:
    """tanh(w x + b)."""
    y = tanh(Value(-1.3, "w") * Value(0.7, "x") + Value(0.2, "b"))
    y.parents[0].label, y.label = "a", "y"
    return y


def network() -> Value:
    """The loss of a network 4-8-8-1 on one example."""
    model = MLP(4, [8, 8, 1], activation="tanh", rng=random.Random(0))
    loss = squared_error(model([1.0, -2.0, 0.5, 0.3]), Value(0.5, "target"))
    loss.label = "loss"
    return loss


def main() -> None:
    """Write all of them."""
    from playwright.sync_api import sync_playwright

    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for root, (width, height), scheme in product((neuron, network), SIZES, SCHEMES):
            file = explore(root()).save(folder / f"{root.__name__}.html").resolve()
            view = browser.new_page(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                reduced_motion="reduce",
            )
            for state, keys in STATES.items():
                view.goto(file.as_uri())
                for key in keys:
                    view.keyboard.press(key)
                view.wait_for_timeout(100)  # scrolling has ended
                view.screenshot(path=folder / f"{root.__name__}-{width}-{scheme}-{state}.png")
            view.close()
        file = first_playground().save(folder / "playground.html").resolve()
        for (width, height), scheme in product(SIZES, SCHEMES):
            view = browser.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            for state, address in PLAYED.items():
                view.goto(f"{file.as_uri()}{address}")
                view.reload()  # another address alone opens no page
                view.evaluate(TRAINED)
                name = f"playground-{width}-{scheme}-{state}.png"
                view.screenshot(path=folder / name, full_page=True)
            view.close()
        browser.close()


if __name__ == "__main__":
    main()
