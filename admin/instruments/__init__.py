"""Questionnaires at the centre: documents in `data/`, stored versions, translations, companions.

The documents are versioned; the store holds every version ever opened.
"""
