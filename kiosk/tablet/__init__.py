"""The citizen's pages on the tablet, from the faces to the thanks."""
