"""Questionnaires at the centre: the versioned documents in `data/`, and the store of every version ever opened."""
