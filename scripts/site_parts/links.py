"""Every link stays inside the site: an extension of Sphinx.

A link to a source file leads to its page, a link to another site is its text alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform

from scripts.site_parts.sources import files, page_of


class SourceLinks(SphinxTransform):
    """A file that a page links to is a page, not a download."""

    default_priority = 300

    def apply(self, **_: Any) -> None:
        """Replace the links of a page."""
        root = Path(self.env.srcdir)
        pages = set(files(root))
        for link in list(self.document.findall(addnodes.download_reference)):
            target = (root / self.env.doc2path(self.env.docname)).parent / link["reftarget"]
            path = target.resolve().relative_to(root.resolve())
            if path in pages:
                uri = self.app.builder.get_relative_uri(self.env.docname, page_of(path))
                link.replace_self(nodes.reference("", "", *link.children, refuri=uri))


class OutsideLinks(SphinxPostTransform):
    """A link to another site is its text."""

    default_priority = 900

    def run(self, **_: Any) -> None:
        """Replace the links of a page."""
        for link in list(self.document.findall(nodes.reference)):
            if "://" in link.get("refuri", ""):
                link.replace_self(nodes.inline("", "", *link.children))


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.add_transform(SourceLinks)
    app.add_post_transform(OutsideLinks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
