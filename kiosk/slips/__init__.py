"""Slips made at the desk: minted, drawn for its printers, and handed out on this machine's own API."""
