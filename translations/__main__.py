"""`python -m translations extract|compile|check`: the catalogues' own commands."""

import sys

from translations.catalogues import main

sys.exit(main(sys.argv[1:]))
