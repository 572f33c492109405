"""The phone survey: pages behind slip, poster, private note, typed code and follow-up code."""
