"""The web frame of the desk's pages: layout, errors, headers, files, allowed hosts, host commands."""
