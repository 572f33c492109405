"""The shared kernel: what the desk and the centre must agree on. Tables, wire, vocabulary; no verbs."""

#: What is written here is shown to citizens too (`translations.maintenance.catalogues`).
READ_BY_CITIZENS = True
