"""The fixture, with boto3 as its client."""

import os
import subprocess
import sys
import zipfile

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from pytest_mock_sts import MockSts


def client(service="sts", **key):
    return boto3.client(service, config=Config(retries={"max_attempts": 0}), **key)


def session(mock_sts):
    answer = client().get_session_token(SerialNumber=mock_sts.mfa_serial, TokenCode=mock_sts.totp())
    return answer["Credentials"]


def by(credentials):
    return client(
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


def code(error):
    return error.value.response["Error"]["Code"]


def test_a_code_gives_a_session(mock_sts):
    assert by(session(mock_sts)).get_caller_identity()["Arn"] == "arn:aws:iam::123456789012:user/user"
    assert [request["outcome"] for request in mock_sts.requests()] == ["OK", "OK"]
    assert mock_sts.requests()[0]["serial_number"] == mock_sts.mfa_serial


def test_codes_are_fresh_and_good_once(mock_sts):
    codes = [mock_sts.totp() for _ in range(3)]
    for fresh in codes:
        client().get_session_token(SerialNumber=mock_sts.mfa_serial, TokenCode=fresh)
    with pytest.raises(ClientError) as error:
        client().get_session_token(SerialNumber=mock_sts.mfa_serial, TokenCode=codes[0])
    assert code(error) == "AccessDenied"
    assert not any(fresh in str(mock_sts.requests()) for fresh in codes)


def test_faults_come_and_go(mock_sts):
    mock_sts.fault("error=Throttling:1")
    with pytest.raises(ClientError) as error:
        client().get_caller_identity()
    assert code(error) == "Throttling"
    client().get_caller_identity()
    mock_sts.fault("5xx")
    mock_sts.fault()
    client().get_caller_identity()
    with pytest.raises(ValueError, match="is not a fault"):
        mock_sts.fault("error=NoSuchThing")


def test_a_session_ends_early(mock_sts):
    credentials = session(mock_sts)
    mock_sts.expire(credentials["AccessKeyId"])
    with pytest.raises(ClientError) as error:
        by(credentials).get_caller_identity()
    assert code(error) == "ExpiredToken"
    with pytest.raises(ValueError, match="was issued"):
        mock_sts.expire("ASIAIOSFODNN7EXAMPLE")


def test_devices_are_found_by_iam(mock_sts):
    devices = client("iam").list_mfa_devices()["MFADevices"]
    assert [device["SerialNumber"] for device in devices] == [mock_sts.mfa_serial]


def test_child_processes_find_the_mock(mock_sts):
    script = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    child = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert child.stdout == "123456789012\n"
    assert {name for name in os.environ if name.startswith("AWS_")} <= set(mock_sts.environment)


@pytest.mark.mock_sts("--token-code", "654321", "--seed=1")
def test_options_come_by_a_mark(mock_sts):
    with pytest.raises(ValueError, match="of the test's own"):
        mock_sts.totp()
    assert "AWS_ACCESS_KEY_ID" not in mock_sts.environment


def test_wrong_options_are_told():
    with pytest.raises(ValueError, match="error: invalid value 'explode'"):
        MockSts("--fault", "explode")


@pytest.mark.skipif("WHEEL" not in os.environ, reason="only where the wheel was just built")
def test_the_wheel_holds_the_program_and_its_license():
    names = zipfile.ZipFile(os.environ["WHEEL"]).namelist()
    assert [name for name in names if name.endswith(".dist-info/licenses/LICENSE")]
    assert [name for name in names if ".data/scripts/mock-sts" in name]


@pytest.mark.parametrize("number", range(8))
def test_each_test_has_a_mock_of_its_own(mock_sts, number):
    """Beside the workers of pytest-xdist, too."""
    client().get_caller_identity()
    assert len(mock_sts.requests()) == 1
