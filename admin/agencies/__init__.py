"""Pages about agencies: the list of all, the profile of one, and its legal indicators."""
