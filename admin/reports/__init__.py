"""The monthly report: figures frozen when it is issued, drawn as a PDF, open to whoever verifies it."""
