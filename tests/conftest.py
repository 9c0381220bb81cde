"""Options of the test run, and which form of the package it tests.

With NLDISSECT_INSTALLED in the environment that is the installed one, compiled where there was a
compiler, else the sources.
"""

from __future__ import annotations

import os
import sys
import sysconfig

import pytest
from hypothesis import settings

# What fails, fails each time; `--hypothesis-profile=default` searches anew.
settings.register_profile("steady", derandomize=True)
settings.load_profile("steady")

if os.environ.get("NLDISSECT_INSTALLED"):
    sys.path.insert(0, sysconfig.get_path("platlib"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """``-n auto``: one more than there are cores, since many tests wait for a screen or a guest."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--golden", action="store_true", help="write the golden files anew")
