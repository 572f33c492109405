"""Pages behind the PIN: sign-in, the desk's status in words, its actions, and the officer's page."""
