"""Authentication of staff at the desk: the PIN, and the sessions it opens."""

#: What is written here only staff see (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = False
