"""Words of citizens, and what they told the province alone: released in lots, read, kept as files."""
