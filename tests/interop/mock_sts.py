#!/usr/bin/env python3
"""The real AWS CLI and boto3 against mock-sts.

    python mock_sts.py PATH_OF_MOCK_STS

Needs boto3, and the AWS CLI beside this Python or on the PATH (`pip install boto3 awscli`). Prints a line for each
check and 'N passed, N failed'; ends with 1 where one failed.
"""

import base64
import hashlib
import hmac
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
REGION = "us-east-1"
WRONG_CODE = (
    "AccessDenied",
    "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
)
WRONG_DEVICE = (
    "AccessDenied",
    "MultiFactorAuthentication failed, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user.",
)
WRONG_SECRET = (
    "SignatureDoesNotMatch",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key "
    "and signing method. Consult the service documentation for details.",
)
UNKNOWN_KEY = (
    "InvalidClientTokenId",
    "The security token included in the request is invalid.",
)
TOO_SHORT = (
    "ValidationError",
    "1 validation error detected: Value '600' at 'durationSeconds' failed to satisfy constraint: "
    "Member must have value greater than or equal to 900",
)
SESSION_AS_CALLER = ("AccessDenied", "Cannot call GetSessionToken with session credentials")


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

    def code(self):
        """RFC 6238: SHA-1, six digits, steps of 30 seconds."""
        key = base64.b32decode(self.totp_secret)
        digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30), hashlib.sha1).digest()
        offset = digest[-1] & 15
        return f"{(struct.unpack('>I', digest[offset:offset + 4])[0] & 0x7FFFFFFF) % 1000000:06}"

    def wrong_code(self):
        return f"{(int(self.code()) + 1) % 1000000:06}"

    def toml(self):
        return (
            f'[[users]]\nname = "{self.name}"\naccount = "{ACCOUNT}"\nmfa_serial = "{self.serial}"\n'
            f'totp_secret = "{self.totp_secret}"\n[[users.keys]]\naccess_key_id = "{self.key[0]}"\n'
            f'secret_access_key = "{self.key[1]}"\n'
        )


class Boto3:
    name = "boto3"

    def _call(self, url, key, operation, service="sts", **parameters):
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
            return getattr(client, operation)(**parameters)
        except ClientError as error:
            raise Refused(error.response["Error"]["Code"], error.response["Error"]["Message"]) from error

    def session(self, url, key, serial, code, duration=3600):
        answer = self._call(
            url, key, "get_session_token", SerialNumber=serial, TokenCode=code, DurationSeconds=duration
        )["Credentials"]
        return answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"]

    def identity(self, url, key):
        return self._call(url, key, "get_caller_identity")["Arn"]

    def assume_role(self, url, key, role, serial, code):
        answer = self._call(
            url, key, "assume_role", RoleArn=role, RoleSessionName="me", SerialNumber=serial, TokenCode=code
        )["Credentials"]
        return answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"]

    def devices(self, url, key):
        answer = self._call(url, key, "list_mfa_devices", service="iam")
        return [device["SerialNumber"] for device in answer["MFADevices"]]

    def user(self, url, key):
        return self._call(url, key, "get_user", service="iam")["User"]["Arn"]


class AwsCli:
    name = "aws"

    def __init__(self, folder):
        beside = Path(sys.executable).with_name("aws")
        self.program = str(beside) if beside.exists() else shutil.which("aws")
        if not self.program:
            sys.exit("error: no `aws` beside this Python or on the PATH\nhint: pip install awscli")
        self.config = folder / "config"
        self.config.write_text("[default]\nparameter_validation = false\n")

    def _call(self, url, key, *arguments, service="sts"):
        access_key_id, secret_access_key, *token = key
        environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        environment.update(
            AWS_ACCESS_KEY_ID=access_key_id,
            AWS_SECRET_ACCESS_KEY=secret_access_key,
            AWS_CONFIG_FILE=str(self.config),
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            AWS_ENDPOINT_URL_STS=url,
            AWS_ENDPOINT_URL_IAM=url,
            AWS_REGION=REGION,
            AWS_DEFAULT_REGION=REGION,
            AWS_MAX_ATTEMPTS="1",
            NO_PROXY="127.0.0.1",
        )
        if token:
            environment["AWS_SESSION_TOKEN"] = token[0]
        command = [self.program, service, *arguments, "--output", "json"]
        answer = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        if answer.returncode == 0:
            return json.loads(answer.stdout)
        # An error occurred (CODE) when calling the NAME operation: MESSAGE
        head, _, message = answer.stderr.strip("\n").partition(" operation: ")
        raise Refused(head.partition("(")[2].partition(")")[0], message or answer.stderr)

    def session(self, url, key, serial, code, duration=3600):
        arguments = ["--serial-number", serial, "--token-code", code, "--duration-seconds", str(duration)]
        answer = self._call(url, key, "get-session-token", *arguments)["Credentials"]
        return answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"]

    def identity(self, url, key):
        return self._call(url, key, "get-caller-identity")["Arn"]

    def assume_role(self, url, key, role, serial, code):
        arguments = ["--role-arn", role, "--role-session-name", "me", "--serial-number", serial, "--token-code", code]
        answer = self._call(url, key, "assume-role", *arguments)["Credentials"]
        return answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"]

    def devices(self, url, key):
        answer = self._call(url, key, "list-mfa-devices", service="iam")
        return [device["SerialNumber"] for device in answer["MFADevices"]]

    def user(self, url, key):
        return self._call(url, key, "get-user", service="iam")["User"]["Arn"]


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


def wait_for_room_in_the_step():
    """The code must not change between two calls that are to send the same one, one step of tolerance aside."""
    left = 30 - time.time() % 30
    if left < 5:
        time.sleep(left)


def check_codes_and_keys(checks, client, url, user, other):
    def name(text):
        return f"{client.name}: {text}"

    def session(key=user.key, serial=user.serial, code=None, duration=3600):
        return lambda: client.session(url, key, serial, code or user.code(), duration)

    checks.refused(name("a wrong code"), session(code=user.wrong_code()), *WRONG_CODE)
    checks.refused(name("a wrong secret key"), session(key=(user.key[0], "wrong")), *WRONG_SECRET)
    checks.refused(name("an unknown key"), session(key=("AKIAUNKNOWNUNKNOWNUN", "secret")), *UNKNOWN_KEY)
    checks.refused(name("the device of another user"), session(serial=other.serial), *WRONG_DEVICE)
    checks.refused(name("a duration of 600"), session(duration=600), *TOO_SHORT)

    wait_for_room_in_the_step()
    code = user.code()
    issued = checks.granted(name("a right code"), session(code=code))
    checks.refused(name("the same code twice"), session(code=code), *WRONG_CODE)
    checks.granted(name("the long-term key names its user"), lambda: client.identity(url, user.key), user.arn)
    if issued:
        checks.granted(name("the session names its user"), lambda: client.identity(url, issued), user.arn)
        checks.refused(name("a session as caller"), session(key=issued), *SESSION_AS_CALLER)
        key_id, secret, token = issued
        changed = (key_id, ("b" if secret[0] == "a" else "a") + secret[1:], token)
        checks.refused(
            name("a session with one character of its secret changed"),
            lambda: client.identity(url, changed),
            *WRONG_SECRET,
        )


def check_roles_and_devices(checks, client, program, folder):
    """By a mock of its own, so that its codes are fresh."""
    user = User(client.name)
    role = f"arn:aws:iam::{ACCOUNT}:role/admin"
    passkey = f"arn:aws:iam::{ACCOUNT}:u2f/user/{user.name}/key"
    config = folder / f"{client.name}.toml"
    config.write_text(
        f'{user.toml()}[[users.devices]]\nserial = "{passkey}"\n'
        f'[[roles]]\nname = "admin"\nprincipals = ["{user.name}"]\nmfa = true\n'
    )
    wait_for_room_in_the_step()
    with mock_sts(program, "--config", str(config)) as url:
        assumed = checks.granted(
            f"{client.name}: a role with MFA",
            lambda: client.assume_role(url, user.key, role, user.serial, user.code()),
        )
        if assumed:
            checks.granted(
                f"{client.name}: the session names its role",
                lambda: client.identity(url, assumed),
                f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/me",
            )
        checks.granted(f"{client.name}: devices", lambda: client.devices(url, user.key), [user.serial, passkey])
        checks.granted(f"{client.name}: the user", lambda: client.user(url, user.key), user.arn)


def check_clock(checks, client, program):
    for skew, begin, middle, end in [
        (600, "Signature expired: ", "Z is now earlier than ", "Z - 5 min.)"),
        (-600, "Signature not yet current: ", "Z is still later than ", "Z + 5 min.)"),
    ]:
        def right(message, begin=begin, middle=middle, end=end):
            return message.startswith(begin) and middle in message and message.endswith(end)

        user = User(client.name)
        key = ("--access-key-id", user.key[0], "--secret-access-key", user.key[1], "--mfa-serial", user.serial)
        with mock_sts(program, *key, "--fault", f"skew={skew}") as url:
            checks.refused(
                f"{client.name}: a clock ten minutes off ({skew:+} s)",
                lambda url=url, user=user: client.session(url, user.key, user.serial, "123456"),
                "SignatureDoesNotMatch",
                right,
            )


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    # Nothing of the caller's own AWS settings may play a part.
    for variable in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[variable]
    os.environ.update(AWS_CONFIG_FILE=os.devnull, AWS_SHARED_CREDENTIALS_FILE=os.devnull)

    program = sys.argv[1]
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clients = [Boto3(), AwsCli(folder)]
        users = {client.name: User(client.name) for client in clients}
        other = User("other")
        config = folder / "users.toml"
        config.write_text("\n".join(user.toml() for user in [*users.values(), other]))
        with mock_sts(program, "--config", str(config)) as url:
            for client in clients:
                check_codes_and_keys(checks, client, url, users[client.name], other)
        for client in clients:
            check_roles_and_devices(checks, client, program, folder)
        for client in clients:
            check_clock(checks, client, program)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
