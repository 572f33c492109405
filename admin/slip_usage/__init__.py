"""The page of slip usage: slips beside what they were made for, with its file of figures."""
