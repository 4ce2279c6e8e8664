"""What the page on exports prints is what comes out."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.peers
ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize(
    ("title", "package"), [("JAX", "jax"), ("PyTorch", "torch"), ("Many devices", "jax")]
)
def test_what_the_page_prints_is_what_comes_out(title: str, package: str) -> None:
    pytest.importorskip(package, reason=f'needs pip install -e ".[{package}]"')
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8")
    section = page.partition(f"## {title}\n")[2].partition("\n## ")[0]
    block = re.findall(r"```py\n(.*?)```", section, re.S)[0]
    found = subprocess.run(
        [sys.executable, "-c", block], capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines() == re.findall(r"^print.*  # (.*)$", block, re.M)
