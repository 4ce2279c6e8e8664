"""What Sphinx builds the site from: the pages of the repository, its notebooks, its docstrings.

`scripts/site` calls it, with the root of the repository as the source, so that a link in a page
leads from and to the same places here and there.
"""

import re
import sys
from pathlib import Path

from sphinx.errors import ConfigError

import autograd
from scripts.lite import CHOSEN
from scripts.site_parts import sources
from scripts.site_parts.parts import PARTS

ROOT = Path(__file__).parent.parent
MATHJAX = Path(sys.prefix, "node_modules", "mathjax", "es5", "tex-svg-full.js")
if not MATHJAX.exists():
    raise ConfigError(f'the site needs mathjax: npm install --prefix "{sys.prefix}" mathjax@3.2.2')

project = "chainrule"
version = release = autograd.__version__
root_doc = "docs/contents"
include_patterns = ["*.md", "docs/**", "notebooks/*.ipynb", "notebooks/*.md"]
exclude_patterns = ["docs/templates"]
extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.linkcode",
    "sphinx.ext.mathjax",
    "scripts.site_parts.docstrings",
    "scripts.site_parts.links",
    "scripts.site_parts.sources",
]

# pages and notebooks
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
suppress_warnings = [
    "myst.header",  # a page may begin with small headings
    "ref.python",  # a Value in a signature may be that of micrograd
]
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_merge_streams = True
nb_ipywidgets_js = {}  # no page has a widget, and no script comes from elsewhere

# the API
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
autodoc_typehints_format = "short"
python_maximum_signature_line_length = 88
add_module_names = False
toc_object_entries_show_parents = "hide"
linkcode_resolve = sources.resolve

# how it looks: furo, since it is whole on a phone, in the dark and without a request outside
html_theme = "furo"
html_title = "chainrule"
PICTURES = ("graph", "film", "path", "layers", "network")  # of the home page
html_static_path = ["static", *[f"../notebooks/{name}.svg" for name in PICTURES], str(MATHJAX)]
html_favicon = "static/icon.svg"
html_css_files = ["site.css"]
templates_path = ["templates"]
html_additional_pages = {"index": "home.html"}
html_context = {"parts": PARTS, "runnable": [path.name for path in CHOSEN]}
html_sourcelink_suffix = ""  # so that a notebook can be had as a file
html_show_sourcelink = html_show_sphinx = False
html_theme_options = {"top_of_page_buttons": []}
mathjax_path = MATHJAX.name
mathjax3_config = {"options": {"enableMenu": False}}
html_sidebars = {
    "**": [
        "sidebar/brand.html",
        "sidebar/search.html",
        "sidebar/scroll-start.html",
        "sidebar/parts.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}


def _home(app, pagename, templatename, context, doctree) -> None:
    """The brand leads to the home page, a template, which shows what the README begins with."""
    context["master_doc"] = "index"
    if pagename == "index":
        blocks = re.findall(r"```(\w+)\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)
        shown = [app.builder.highlighter.highlight_block(code, kind) for kind, code in blocks[:2]]
        context["example"], context["install"] = shown


def setup(app) -> None:
    """What Sphinx calls."""
    app.connect("html-page-context", _home)
