"""The document of the monthly report: its parts and wording, drawn with the kit of `admin.pdf`."""
