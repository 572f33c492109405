"""Slips at the centre: keys, proof, typed codes, spending, and limits on guessing. Knows no web."""

#: What is written here is shown to citizens too (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = True
