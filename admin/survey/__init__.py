"""The phone survey: pages behind slip, poster, private note, typed code and follow-up code."""

#: What is written here is shown to citizens too (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = True
