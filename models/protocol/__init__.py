"""What travels between desk, phone and centre, byte for byte: entries, batches, receipts, slips and codes."""
