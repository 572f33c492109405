"""The tables of both stores."""
