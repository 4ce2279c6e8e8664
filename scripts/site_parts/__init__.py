"""What builds the site: its parts in order (`__main__`), and what Sphinx is taught for it.

`docstrings` makes pages of docstrings, `sources` pages of source files, `links` keeps every link
inside, `page` writes the interactive page.  It imports all packages; `docs/conf.py` imports it.
"""
