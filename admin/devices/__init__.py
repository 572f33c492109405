"""Devices at the desks: their pairing, and the fleet with the state of each."""
