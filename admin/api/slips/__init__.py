"""Slips that other systems ask for: the one-stop software, the portal, the post."""
