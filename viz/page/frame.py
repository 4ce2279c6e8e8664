"""How a notebook shows a page: a sandboxed frame, and where a viewer takes that out, a picture.

The page waits in an attribute of a quotation, beside the picture as its background: a viewer that
cleans HTML drops attributes in silence, but prints a frame that it does not allow with all that is
in it.  So the frame is empty until it fetches the page.  Imports nothing of ours.
"""

from __future__ import annotations

import json
from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import Any

HEIGHT = 680  # of the page in a notebook, in pixels
QUOTE = (
    f"position: relative; margin: 0; padding: 0; border: 0; height: {HEIGHT}px; "
    "background-size: contain; background-repeat: no-repeat; "
    "background-image: url(data:image/svg+xml;base64,{picture})"
)
FRAME = "width: 100%; height: 100%; box-sizing: border-box; border: 1px solid #9ca3af"
FETCH = "this.onload = null; this.srcdoc = this.closest('[data-page]').dataset.page"


def frame(page: str, title: str, svg: str, text: str) -> str:
    """HTML that shows the page; else the picture; else, where no picture is allowed, its text."""
    picture = b64encode(svg.encode()).decode()
    lines = "".join(f"<li><code>{_wide(line)}</code></li>" for line in text.splitlines())
    return (
        f'<blockquote style="{QUOTE.format(picture=picture)}" data-page="{escape(page)}">'
        f'<ul hidden="hidden">{lines}</ul>'
        f'<iframe title="{escape(title)}" sandbox="allow-scripts allow-downloads" '
        f'style="{FRAME}" onload="{FETCH}"></iframe></blockquote>'
    )


def _wide(line: str) -> str:
    """A line of text whose blanks stay as many as they are."""
    return escape(line).replace(" ", "\N{NO-BREAK SPACE}")


def policy(*scripts: str) -> str:
    """What the page may do: run these scripts of its own, be styled, have its icon; no more."""
    return (
        f"default-src 'none'; script-src {' '.join(map(hashed, scripts))}; "
        "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def hashed(script: str) -> str:
    """A script as a policy names it."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def embedded(data: Any) -> str:
    """Data as JSON that can stand within a script element."""
    return json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
