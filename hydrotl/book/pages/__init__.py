"""What the notebooks call: one module per section of the book.

A notebook holds text, parameters and calls; everything that is decided or computed stands here,
where it is tested.
"""
