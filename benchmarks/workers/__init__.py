"""What runs in processes of its own: each module has `measure(**arguments)`.

They import only what they measure, so that nothing else fills the heap.
"""
