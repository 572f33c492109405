"""Entry → response: what was accepted is counted, or not, with a reason."""
