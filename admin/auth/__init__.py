"""Who is signed in at the centre and what they may see: accounts, passwords, sessions, roles and their scope."""
