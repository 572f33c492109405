"""`python -m translations extract|compile|check`: the catalogues' own commands."""

import sys

from translations.maintenance.catalogues import main

sys.exit(main(sys.argv[1:]))
