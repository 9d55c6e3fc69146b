"""Access of tests to the SWAT+ program, which is no part of the project."""

import pytest

from hydrotl.process_based.swat.installation import Installation, find_installation
from hydrotl_core.errors import ConfigError


def swat_installation() -> Installation:
    """The executable and its tables; the test is skipped, with the reason, if they are absent."""
    try:
        return find_installation()
    except ConfigError as error:
        pytest.skip(f"swat: {error}")
