"""The slips of an agency as a page and a file."""
