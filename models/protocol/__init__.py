"""The protocol of desk, phone and centre, byte for byte: entries, batches, receipts, slips, codes."""
