"""Files that bring reference data in: agencies, procedures, dossier counts. All or nothing, naming the line."""
