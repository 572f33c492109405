"""Legal indicators that the rules ask for (TT 01/2018, QĐ 766), added up from dossier counts."""
