"""The API for other systems: slips that they ask for, and open data."""
