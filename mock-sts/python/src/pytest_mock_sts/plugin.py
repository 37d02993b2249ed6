"""The pytest plugin: the fixture `mock_sts` and its mark."""

import os

import pytest

from pytest_mock_sts.mock import MockSts


def pytest_configure(config):
    config.addinivalue_line("markers", "mock_sts(*arguments): start mock-sts with these options")


@pytest.fixture
def mock_sts(request, monkeypatch):
    """A running AWS STS on loopback, which every AWS client of the test finds by its environment."""
    mark = request.node.get_closest_marker("mock_sts")
    with MockSts(*(mark.args if mark else ())) as mock:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in mock.environment.items():
            monkeypatch.setenv(name, value)
        yield mock
