"""The desks of the agencies: their settings, opening hours and formats of dossier codes, set by page or command."""
