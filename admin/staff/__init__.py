"""The people who may sign in to the centre: accounts, passwords, sessions, and the pages for signing in and out."""
