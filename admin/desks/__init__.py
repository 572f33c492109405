"""Desks of the agencies: their settings, opening hours, formats of dossier codes, and their page."""
