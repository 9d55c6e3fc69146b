"""``python -m hydrotl_core``."""

from hydrotl_core.cli import main

main()
