"""The page that sets slips beside what they were made for."""
