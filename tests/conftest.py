"""What all tests share: random numbers from a seed, and no silent skip where CI forbids it."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from node import Node
from servers import served

from autograd import OPERATIONS

FOUND = """() => axe.run().then(({ violations }) => violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 120)}`)))"""


@pytest.fixture(scope="session", autouse=True)
def kernels_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Compiled kernels are kept for one run of the tests, and the user's are not touched."""
    os.environ["CHAINRULE_CACHE"] = str(tmp_path_factory.mktemp("kernels"))


@pytest.fixture
def rng() -> random.Random:
    return random.Random(0)


@pytest.fixture
def own_rows() -> Iterator[None]:
    """Rows that a test adds are taken out again."""
    before = dict(OPERATIONS)
    yield
    OPERATIONS.clear()
    OPERATIONS.update(before)


@pytest.fixture(scope="module")  # not longer: while it lives no other event loop can run
def chromium() -> Iterator[Any]:
    """The Chromium of this machine, driven by Playwright."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason='needs pip install -e ".[browser]"'
    )
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("needs Chromium on PATH")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Opens the page of a root in the browser; it must ask for nothing and complain of nothing."""
    from screens import quiet_screens  # here: most tests need no page

    with quiet_screens(chromium, tmp_path) as open_page:
        yield open_page


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site: $CHAINRULE_SITE, or one that is built for these tests."""
    if built := os.environ.get("CHAINRULE_SITE"):
        return Path(built).resolve()
    for library in ("furo", "jupyterlite_core"):
        pytest.importorskip(library, reason='needs pip install -e ".[docs]"')
    folder = tmp_path_factory.mktemp("built") / "site"
    root = Path(__file__).parent.parent
    subprocess.run([sys.executable, "-m", "scripts.site_parts", folder], cwd=root, check=True)
    return folder


@pytest.fixture(scope="module")
def site_address(site: Path) -> Iterator[str]:
    """The site on a plain server of files."""
    with served(site) as server:
        yield server.address


@pytest.fixture(scope="session")
def npm() -> Callable[[str], Path]:
    """Finds what scripts/setup takes from npm, which stands in the environment of the tests."""

    def find(package: str) -> Path:
        found = Path(sys.prefix, "node_modules", package)
        if not found.exists():
            pytest.skip(f'needs {package}: npm install --prefix "$VIRTUAL_ENV" {package}')
        return found

    return find


@pytest.fixture
def serious(npm: Callable[[str], Any]) -> Callable[[Any], list[str]]:
    """What axe-core finds on a page that somebody cannot use."""
    axe = (npm("axe-core") / "axe.min.js").read_text(encoding="utf-8")

    def find(screen: Any) -> list[str]:
        if not screen.run("'axe' in window"):
            screen.page.evaluate(axe)
        return list(screen.run(FOUND))

    return find


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """The Node of this machine."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("needs Node.js: `node` on PATH")
    running = Node(program)
    yield running
    running.close()


def pytest_terminal_summary(terminalreporter, exitstatus, config) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("CHAINRULE_NO_SKIP"):
        terminalreporter.write_line(
            f"{len(skipped)} tests were skipped, and CI allows none", red=True
        )


def pytest_sessionfinish(session, exitstatus) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CHAINRULE_NO_SKIP") and reporter.stats.get("skipped") and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
