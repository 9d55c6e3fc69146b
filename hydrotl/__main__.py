"""``python -m hydrotl``."""

from hydrotl.cli import main

main()
