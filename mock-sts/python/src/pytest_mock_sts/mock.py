"""The program, as an object."""

import json
import os
import subprocess
import sys
import sysconfig
import urllib.error
import urllib.request
from pathlib import Path

from pytest_mock_sts.totp import Device

# AWS's documented example key, the default of mock-sts.
KEY = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
MFA_SERIAL = "arn:aws:iam::123456789012:mfa/user"
# With these, keys and codes are not the defaults.
OWN_USERS = ("--config", "--access-key-id", "--secret-access-key", "--mfa-serial", "--totp-secret", "--token-code")


def program():
    """The program that was installed with this package."""
    name = "mock-sts" + (sysconfig.get_config_var("EXE") or "")
    folders = [sysconfig.get_path("scripts"), Path(sys.executable).parent]
    if os.name == "posix":
        folders.append(sysconfig.get_path("scripts", "posix_user"))
    for folder in folders:
        if (Path(folder) / name).is_file():
            return str(Path(folder) / name)
    raise FileNotFoundError(f"{name} is not in {', '.join(map(str, folders))}: install pytest-mock-sts again")


class MockSts:
    """A running mock. Use it as a context manager, or call `close`."""

    def __init__(self, *arguments):
        names = {argument.partition("=")[0] for argument in arguments}
        has_own_users = not names.isdisjoint(OWN_USERS)
        self._device = None if has_own_users else Device()
        self.mfa_serial = None if has_own_users else MFA_SERIAL
        secret = [] if has_own_users else ["--totp-secret", self._device.secret]
        self._process = subprocess.Popen(
            [program(), *arguments, *secret],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            _, problem = self._process.communicate()
            raise ValueError(f"mock-sts did not start: {problem.strip()}")
        # Nobody reads on; a full pipe would stop it.
        self._process.stderr.close()
        self.environment = {
            "AWS_ENDPOINT_URL_STS": self.url,
            "AWS_ENDPOINT_URL_IAM": self.url,
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1,localhost,::1",
            "no_proxy": "127.0.0.1,localhost,::1",
            **({} if has_own_users else KEY),
        }

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._process.terminate()
        self._process.wait(timeout=10)
        self._process.stdout.close()

    def totp(self):
        """A code that was not handed out before; waits where there is none."""
        if self._device is None:
            raise ValueError("this mock was started with keys or codes of the test's own")
        return self._device.code()

    def requests(self):
        """What the mock was asked, oldest first."""
        return self._ask("GET", "requests")

    def fault(self, *faults):
        """What goes wrong from now on: 'latency=100', 'error=Throttling', '5xx:2' …; none: nothing."""
        self._ask("PUT", "faults", json.dumps(faults).encode())

    def expire(self, access_key_id):
        """Ends a session before its time."""
        self._ask("PUT", f"sessions/{access_key_id}/expire")

    def _ask(self, method, path, body=None):
        request = urllib.request.Request(f"{self.url}/_mock/{path}", data=body, method=method)
        # No proxy of the environment is to be asked.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise ValueError(json.load(error)["error"]) from None
