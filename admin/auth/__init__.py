"""Authentication and authorization at the centre: accounts, passwords, sessions, permissions."""
