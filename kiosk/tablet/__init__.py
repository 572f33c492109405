"""Pages of the tablet for citizens, from the faces to the thanks."""
