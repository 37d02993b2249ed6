"""The mock in a container, with Testcontainers. `just mock-image` builds the image.

    pip install boto3 pytest testcontainers
    pytest mock-sts/examples/testcontainers
"""

import boto3
import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

PORT = 8080
KEY = {
    "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}


@pytest.fixture(scope="module")
def url():
    ready = LogMessageWaitStrategy("http://")
    with DockerContainer("mock-sts").with_exposed_ports(PORT).waiting_for(ready) as container:
        yield f"http://{container.get_container_host_ip()}:{container.get_exposed_port(PORT)}"


def test_a_code_gives_a_session(url):
    sts = boto3.client("sts", endpoint_url=url, region_name="us-east-1", **KEY)
    device = "arn:aws:iam::123456789012:mfa/user"
    session = sts.get_session_token(SerialNumber=device, TokenCode="123456")["Credentials"]
    assert session["AccessKeyId"].startswith("ASIA")
