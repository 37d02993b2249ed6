"""mock-sts, and clients of AWS that are called alike: boto3, the AWS CLI, the JavaScript SDK."""

import base64
import hashlib
import hmac
import json
import os
import shutil
import struct
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
REGION = "us-east-1"


class Refused(Exception):
    """A refusal, with the code and message that the client shows."""

    def __init__(self, code, message):
        super().__init__(f"{code}: {message}")
        self.code, self.message = code, message


class User:
    """A user of the mock with a device of its own."""

    def __init__(self, name):
        self.name = name
        self.key = (f"AKIA{name.upper():A<16}", f"{name}-secret")
        self.serial = f"arn:aws:iam::{ACCOUNT}:mfa/{name}"
        self.arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
        self.totp_secret = base64.b32encode(hashlib.sha1(name.encode()).digest()).decode()

    def code(self, step=0):
        """RFC 6238: SHA-1, six digits, steps of 30 seconds; the code of now, or of so many steps later."""
        key = base64.b32decode(self.totp_secret)
        digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 + step), hashlib.sha1).digest()
        offset = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1000000:06}"

    def wrong_code(self):
        return f"{(int(self.code()) + 1) % 1000000:06}"

    def toml(self, **more):
        lines = {"name": self.name, "account": ACCOUNT, "mfa_serial": self.serial, "totp_secret": self.totp_secret}
        key = {"access_key_id": self.key[0], "secret_access_key": self.key[1]}
        return table("users", **lines, **more) + table("users.keys", **key)


def table(header, /, **values):
    """A table of the configuration file; JSON's texts, lists and numbers are TOML's, too."""
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in values.items()]
    return f"[[{header}]]\n" + "".join(lines)


class Client:
    """`call` is the client's own: it gives the result as a dictionary, or raises `Refused`."""

    def _credentials(self, *arguments, **parameters):
        answer = self.call(*arguments, **parameters)["Credentials"]
        return answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"]

    def session(self, url, key, serial, code, duration=3600):
        parameters = {"SerialNumber": serial, "TokenCode": code, "DurationSeconds": duration}
        return self._credentials(url, key, "GetSessionToken", **parameters)

    def assume_role(self, url, key, role, **parameters):
        parameters = {"RoleArn": role, "RoleSessionName": "me", **parameters}
        return self._credentials(url, key, "AssumeRole", **parameters)

    def identity(self, url, key):
        return self.call(url, key, "GetCallerIdentity")["Arn"]

    def devices(self, url, key):
        devices = self.call(url, key, "ListMFADevices", service="iam")["MFADevices"]
        return [device["SerialNumber"] for device in devices]

    def user(self, url, key):
        return self.call(url, key, "GetUser", service="iam")["User"]["Arn"]


class Boto3(Client):
    name = "boto3"

    def call(self, url, key, operation, service="sts", **parameters):
        access_key_id, secret_access_key, *token = key
        # Its own validation would keep a duration of 600 from the server.
        config = Config(parameter_validation=False, retries={"max_attempts": 0}, proxies={})
        client = boto3.client(
            service,
            endpoint_url=url,
            region_name=REGION,
            aws_access_key_id=access_key_id,
            aws_secret_access_key=secret_access_key,
            aws_session_token=token[0] if token else None,
            config=config,
        )
        try:
            return getattr(client, xform_name(operation))(**parameters)
        except ClientError as error:
            raise Refused(error.response["Error"]["Code"], error.response["Error"]["Message"]) from error


class AwsCli(Client):
    name = "aws"

    def __init__(self, folder):
        beside = Path(sys.executable).with_name("aws")
        self.program = str(beside) if beside.exists() else shutil.which("aws")
        if not self.program:
            sys.exit("error: no `aws` beside this Python or on the PATH\nhint: pip install awscli")
        self.config = folder / "config"
        self.config.write_text("[default]\nparameter_validation = false\n")

    def call(self, url, key, operation, service="sts", **parameters):
        arguments = [part for name, value in parameters.items() for part in (f"--{xform_name(name, '-')}", str(value))]
        command = [self.program, service, xform_name(operation, "-"), *arguments, "--output", "json"]
        variables = {"AWS_CONFIG_FILE": str(self.config), "AWS_MAX_ATTEMPTS": "1", **of_key(key)}
        answer = subprocess.run(command, env=environment(url, **variables), capture_output=True, text=True, timeout=60)
        if answer.returncode == 0:
            return json.loads(answer.stdout)
        # An error occurred (CODE) when calling the NAME operation: MESSAGE
        head, _, message = answer.stderr.strip("\n").partition(" operation: ")
        raise Refused(head.partition("(")[2].partition(")")[0], message or answer.stderr)


class JavaScript(Client):
    """The AWS SDK for JavaScript, version 3, in `folder`."""

    name = "javascript"

    def __init__(self, folder):
        self.folder = folder

    def call(self, url, key, operation, service="sts", **parameters):
        request = {"service": service, "operation": operation, "parameters": parameters}
        answer = self.run(environment(url, AWS_MAX_ATTEMPTS="1", **of_key(key)), request)
        if "code" in answer:
            raise Refused(answer["code"], answer["message"])
        return answer["result"]

    def run(self, variables, request):
        """With `profile` and `tokenCode` in the request, the SDK reads its files itself."""
        command = ["node", str(Path(__file__).with_name("mock_client.mjs")), self.folder]
        text = json.dumps(request)
        answer = subprocess.run(command, env=variables, input=text, capture_output=True, text=True, timeout=60)
        if answer.returncode:
            raise Refused("node", answer.stderr)
        return json.loads(answer.stdout)


def environment(url, **more):
    """This process's, with nothing of AWS in it but the mock."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_ENDPOINT_URL_STS": url,
        "AWS_ENDPOINT_URL_IAM": url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1",
        **more,
    }


def of_key(key):
    return dict(zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), key))


@contextmanager
def mock_sts(program, *arguments):
    """A mock that runs; gives its URL."""
    process = subprocess.Popen(
        [program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(timeout=10)
        process.stdout.close()


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def report(self, name, problem):
        if problem is None:
            self.passed += 1
            print(f"ok      {name}")
        else:
            self.failed += 1
            print(f"FAILED  {name}: {problem}")

    def granted(self, name, call, expected=None):
        """Gives what the call gives, or None where it was refused."""
        try:
            value = call()
        except Refused as refused:
            self.report(name, str(refused))
            return None
        self.report(name, None if expected is None or value == expected else f"{value!r}")
        return value

    def refused(self, name, call, code, message):
        """The message is the whole text, or a function that tells whether it is right."""
        try:
            call()
        except Refused as refused:
            right = message(refused.message) if callable(message) else refused.message == message
            self.report(name, None if refused.code == code and right else f"{refused.code}: {refused.message!r}")
        else:
            self.report(name, "was granted")

    def end(self):
        """Says how it went; the program's exit status."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def wait_for_room_in_the_step():
    """The code must not change between two calls that are to send the same one, one step of tolerance aside."""
    left = 30 - time.time() % 30
    if left < 5:
        time.sleep(left)


def forget_own_settings():
    """Nothing of the caller's own AWS settings may play a part."""
    for variable in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[variable]
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)
