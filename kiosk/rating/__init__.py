"""The rating at the desk: a draft from the first tap, sealed into one ledger entry. Knows no web."""
