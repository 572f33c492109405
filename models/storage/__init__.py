"""Storage: sessions on either database, and many rows at once."""
