"""One agency in full, and the list of all."""
