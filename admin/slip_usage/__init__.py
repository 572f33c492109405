"""The page of slip usage: slips beside what they were made for, as a page and as a file."""
