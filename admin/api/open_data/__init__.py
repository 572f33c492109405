"""Open data: the figures that pages show, as an API for whoever wants to reckon with them.

Knows figures, not how they are counted.
"""
