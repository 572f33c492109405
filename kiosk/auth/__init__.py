"""Authentication of staff at the desk: the PIN, and the sessions it opens."""
