"""Where the tests of this folder compute: ``--device cuda``, or the CPU."""

from __future__ import annotations

import pytest
import torch


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", default="cpu", help="the device on which the engine computes, such as cuda")


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> str:
    """The device that was asked for."""
    asked = str(request.config.getoption("--device", default="cpu"))
    if torch.device(asked).type == "cuda" and not torch.cuda.is_available():
        pytest.fail(f"--device is {asked}, but torch {torch.__version__} sees no GPU here")
    return asked
