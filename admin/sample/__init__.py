"""The sample province and the simulator: invented answers through the same bytes, checks, receipts and projection."""
