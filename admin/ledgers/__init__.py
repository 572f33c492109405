"""The centre's side of the signed ledgers: accepting batches, its own recorders, verification. Knows no web."""
