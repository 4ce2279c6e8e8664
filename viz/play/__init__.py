"""`playground`: a network that trains in the browser, with every number open, in one HTML file.

What runs there stands in the folder `browser`; its arithmetic is rows of the table, as that of
`explore`.  Imports the engine, `viz.networks` and `viz.page`; no other room imports it.
"""
