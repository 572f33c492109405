"""Responses: the projection of accepted entries, each counted, or not counted for a reason."""
