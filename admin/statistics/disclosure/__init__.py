"""What may be shown of small numbers, and what must be hidden so that none follows by subtraction."""
