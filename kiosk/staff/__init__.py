"""The pages behind the PIN: the desk's status in words, its actions, and the officer's page."""
