"""What every page of the desk shares: layout, errors, headers, files, allowed hosts and the host's commands."""
