"""Recordings of spoken prompts: what a screen says, one a text and a language, sent to the desks."""
