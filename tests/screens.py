"""Pages of `explore` in a real browser: what a test presses, clicks and reads there."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as FilePath
from typing import Any

from viz.page.explore import Page, explore

SIZE = {"width": 1366, "height": 768}


class Screen:
    """An opened page, and what a test asks of it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", self._refuse)

    def _refuse(self, dialog: Any) -> None:
        self.complaints.append(dialog.message)
        dialog.dismiss()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def click(self, *ids: str) -> None:
        for name in ids:
            self.page.click(name if name[0] in "#[." else f"#{name}")

    def text(self, name: str) -> str:
        return str(self.page.inner_text(f"#{name}"))

    def plain(self, name: str) -> str:
        """What mathematics is written from."""
        return str(self.run("(id) => $(id).dataset.plain", name))

    def content(self, name: str) -> str:
        """All text, of fractions and subscripts too, with signs as Python writes them."""
        return str(self.page.text_content(f"#{name}")).replace("·", "*").replace("−", "-")

    def run(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)

    @property
    def equation(self) -> str:
        return str(self.run("$('equation').dataset.plain"))

    @property
    def said(self) -> str:
        return str(self.run("$('said').textContent"))

    @property
    def count(self) -> str:
        return self.text("count")

    @property
    def boxes(self) -> list[list[str]]:
        """Name, value and gradient in each box, inputs first."""
        return [
            [name, value, gradient.removeprefix("grad ")]
            for name, value, gradient in self.run(
                """[...drawnBoxes].map(([{node: i}, {group}]) => {
                  const text = (name) => group.querySelector(name)?.textContent;
                  const value = text(".value") ?? text(".name").split(" = ").at(-1);
                  return [nodes[i].name, value, text(".gradient")];
                })"""
            )
        ]

    @property
    def labels(self) -> list[str]:
        """The text on each edge."""
        return list(
            self.run("view.arrows.map((arrow) => drawnArrows.get(arrow).label.textContent)")
        )

    def node(self, name: str) -> Any:
        return self.page.locator(".node").nth([box[0] for box in self.boxes].index(name))

    def box(self, name: str) -> Any:
        return self.page.get_by_label(f"{name}, number", exact=True)

    def set(self, name: str, x: float) -> None:
        """Type a number for a variable, and wait for the next frame."""
        self.box(name).fill(repr(x))
        self.frame()

    def sights(self) -> list[dict[str, Any]]:
        """For each step of a view: is the box inside, is it clear of the map, is a map there."""
        found = self.run(
            """() => {
              const sights = [];
              for (let k = 1; k <= lastPosition(); k++) {
                go(k);
                const { group } = drawnBoxes.get(boxOf(currentNode()));
                const [seen, map, box] = [$("graph"), $("map"), group]
                  .map((e) => e.getBoundingClientRect());
                const apart = box.right < map.left || box.left > map.right || box.top > map.bottom;
                const inside = box.left >= seen.left && box.right <= seen.right
                  && box.top >= seen.top && box.bottom <= seen.bottom;
                sights.push({ k, inside, apart, map: map.width > 0 });
              }
              return sights;
            }"""
        )
        assert found
        return list(found)

    def frame(self) -> None:
        self.run("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


@contextmanager
def quiet_screens(chromium: Any, folder: FilePath) -> Iterator[Any]:
    """Opens the page of a root from a file, at its last step unless the beginning is asked for.

    Afterwards it must have been quiet.
    """
    screens: list[tuple[Screen, str]] = []
    contexts = []

    def open_page(
        root: Any, context: dict[str, Any] | None = None, beginning: bool = False, **options: Any
    ) -> Screen:
        page = root if isinstance(root, Page) else explore(root, **options)
        path = page.save(folder / f"page{len(screens)}.html")
        contexts.append(chromium.new_context(**{"viewport": SIZE, **(context or {})}))
        screen = Screen(contexts[-1].new_page())
        screens.append((screen, path.as_uri()))
        screen.page.goto(path.as_uri())
        if not beginning:
            screen.press("End")
        return screen

    yield open_page
    for screen, uri in screens:
        assert screen.requests == [uri]
        assert screen.complaints == []
    for context in contexts:
        context.close()
