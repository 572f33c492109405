"""The sign-in pages of the centre's staff."""
