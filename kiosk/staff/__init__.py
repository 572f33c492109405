"""Pages behind the PIN: sign-in, the desk's status in words, its actions, and the officer's page."""

#: What is written here only staff see (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = False
