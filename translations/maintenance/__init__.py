"""Maintenance of the catalogues: extraction, compilation, and what a language still lacks."""
