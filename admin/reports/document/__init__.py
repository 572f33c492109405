"""The monthly report as a document: its parts, wordings and notes, drawn with the printing kit of `admin.pdf`."""
