"""`python -m translations extract|compile|check`: the commands of the catalogues."""

import sys

from translations.maintenance.catalogues import main

sys.exit(main(sys.argv[1:]))
