"""Disclosure control: small numbers are hidden, with others so that none follows by subtraction."""
