"""Skips that may not pass unnoticed.

A test that needs the published data, a browser or the SWAT+ program skips with a reason that
starts with ``data:``, ``browser:`` or ``swat:``. ``HYDROTL_REQUIRE_DATA=1``,
``HYDROTL_REQUIRE_BROWSER=1`` and ``HYDROTL_REQUIRE_SWAT=1`` turn such skips into failures: set them
where these must be there.
"""

import os
from collections.abc import Callable, Generator
from pathlib import Path

import pytest

from tests.real_data import real

REQUIRED_BY = {
    f"{kind}:": f"HYDROTL_REQUIRE_{kind.upper()}" for kind in ("data", "browser", "swat")
}


def refuse_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Make a skipped report a failed one if its reason is of a required kind."""
    if not report.skipped or not isinstance(report.longrepr, tuple):
        return
    reason = str(report.longrepr[2]).removeprefix("Skipped: ")
    for prefix, variable in REQUIRED_BY.items():
        if reason.startswith(prefix) and os.environ.get(variable) == "1":
            report.outcome = "failed"
            report.longrepr = f"skipped although {variable}=1: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    refuse_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse_skip(report)
    return report


@pytest.fixture
def real_data() -> Callable[[str], Path]:
    """``real_data("camels_us.nc")``: path below the data folder, or a skip if it is absent."""

    return real
