"""What this desk is and has written: its state, reference data, ledger, what it serves just now. Knows no web."""
