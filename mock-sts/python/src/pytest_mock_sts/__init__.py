"""A faithful AWS STS on loopback, for testing MFA code."""

from pytest_mock_sts.mock import MockSts

__all__ = ["MockSts"]
