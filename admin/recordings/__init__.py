"""Spoken prompts: recordings of what a screen says, one a text and a language, sent to the desks."""
