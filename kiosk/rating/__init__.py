"""A tap becomes one entry of the ledger: the draft, and its sealing. Knows no web."""
