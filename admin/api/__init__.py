"""What other systems use: slips that they ask for, and open data."""
