"""``python -m hydrotl``."""

from hydrotl.cli import main

if __name__ == "__main__":
    main()
