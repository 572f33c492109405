"""Signed ledgers at the centre: the witness, batch log, own recorders, signing keys, verification.

Knows no web.
"""
