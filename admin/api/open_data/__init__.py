"""Open data: the figures pages show, for whoever wants to reckon with them. Knows figures, not how they are counted."""
