"""Tables of other offices, CSV and XLSX, read into the same lines within the same limits."""
