"""The web frame of the centre's pages: layout, forms, errors, security headers, figure requests."""
