"""Who may work behind the desk's pages: the PIN and the sessions it opens."""
