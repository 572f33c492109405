"""The storage: sessions on either database, and inserts of many rows at once."""
