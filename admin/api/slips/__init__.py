"""Slips announced by other systems: the one-stop software, the portal, the post."""
