#!/usr/bin/env python3
"""Profiles that assume roles of mock-sts: `role_arn`, `source_profile`, `mfa_serial`; by the AWS CLI, at its own prompt
on a terminal, by boto3 and by the JavaScript SDK.

    python mock_profiles.py PATH_OF_MOCK_STS [FOLDER_OF_THE_JAVASCRIPT_SDK]
"""

import getpass
import os
import pty
import select
import sys
import tempfile
import time
from pathlib import Path
from unittest import mock

import boto3
from botocore.exceptions import ClientError
from mock_clients import (
    ACCOUNT,
    AwsCli,
    Boto3,
    Checks,
    JavaScript,
    Refused,
    User,
    environment,
    forget_own_settings,
    mock_sts,
    table,
    wait_for_room_in_the_step,
)

# Profiles by the role that they name.
PROFILES = {
    "plain": "role_arn = {arn}plain\nsource_profile = default\n",
    "partner": "role_arn = {arn}partner\nsource_profile = default\nexternal_id = id-1\nduration_seconds = 7200\n",
    "chained": "role_arn = {arn}next\nsource_profile = plain\n",
    "by-code": "role_arn = {arn}strict\nsource_profile = default\nmfa_serial = {serial}\n",
    "by-session": "role_arn = {arn}strict\nsource_profile = session\n",
    "without": "role_arn = {arn}strict\nsource_profile = default\n",
}
ROLES = {"plain": "plain", "partner": "partner", "chained": "next", "by-code": "strict", "by-session": "strict"}


class CliProfile:
    name = "aws"

    def __init__(self, folder):
        self.program = AwsCli(folder).program
        self.home = folder

    def identity(self, variables, profile, code):
        """Typed at the prompt, on a terminal. The cache of roles is in a fresh home each time."""
        home = tempfile.mkdtemp(dir=self.home)
        arguments = ["sts", "get-caller-identity", "--profile", profile, "--query", "Arn", "--output", "text"]
        process, terminal = pty.fork()
        if process == 0:
            os.execve(self.program, [self.program, *arguments], {**variables, "HOME": home})
        text, is_asked = talk(terminal, code)
        status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
        os.close(terminal)
        if code in text:
            raise Refused("echo", "the terminal showed the code")
        if status:
            head, _, message = text.strip("\r\n").partition(" operation: ")
            raise Refused(head.partition("(")[2].partition(")")[0], message or text)
        return text.split()[-1], is_asked


def talk(terminal, code):
    """Types the code where it is asked for; gives all that was shown, and whether it was asked for."""
    text, is_asked, end = "", False, time.monotonic() + 60
    while time.monotonic() < end and select.select([terminal], [], [], 60)[0]:
        try:
            part = os.read(terminal, 4096).decode()
        except OSError:
            break
        if not part:
            break
        text += part
        if "Enter MFA code for " in text and not is_asked:
            is_asked = True
            # getpass flushes what was typed before it turned off the echo.
            time.sleep(0.5)
            os.write(terminal, f"{code}\n".encode())
    return text, is_asked


class BotoProfile:
    name = "boto3"

    def identity(self, variables, profile, code):
        asked = []
        with mock.patch.dict(os.environ, variables), mock.patch.object(
            getpass, "getpass", lambda prompt: asked.append(prompt) or code
        ):
            session = boto3.Session(profile_name=profile)
            resolver = session._session.get_component("credential_provider")
            resolver.get_provider("assume-role")._prompter = getpass.getpass
            try:
                return session.client("sts").get_caller_identity()["Arn"], bool(asked)
            except ClientError as error:
                raise Refused(error.response["Error"]["Code"], error.response["Error"]["Message"]) from error


class JavaScriptProfile:
    name = "javascript"

    def __init__(self, folder):
        self.client = JavaScript(folder)

    def identity(self, variables, profile, code):
        request = {"service": "sts", "operation": "GetCallerIdentity", "parameters": {}}
        answer = self.client.run(variables, {**request, "profile": profile, "tokenCode": code})
        if "code" in answer:
            raise Refused(answer["code"], answer["message"])
        return answer["result"]["Arn"], bool(answer["prompts"])


def write_files(folder, url, user):
    """The user's own files; gives the variables by which clients find them. The session is minted for a code."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/"
    profiles = [f"[profile {name}]\n{text.format(arn=arn, serial=user.serial)}" for name, text in PROFILES.items()]
    (folder / "config").write_text("[default]\nregion = us-east-1\n" + "\n".join(profiles))
    session = Boto3().session(url, user.key, user.serial, user.code(1))
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    lines = [
        f"[{profile}]\n" + "".join(f"{name} = {value}\n" for name, value in zip(names, key))
        for profile, key in [("default", user.key), ("session", session)]
    ]
    (folder / "credentials").write_text("\n".join(lines))
    return environment(
        url,
        AWS_CONFIG_FILE=str(folder / "config"),
        AWS_SHARED_CREDENTIALS_FILE=str(folder / "credentials"),
        AWS_MAX_ATTEMPTS="1",
    )


def check_profiles(checks, client, program, folder):
    user = User(client.name)
    config = folder / "users.toml"
    principals = [user.name]
    config.write_text(
        user.toml()
        + table("roles", name="plain", principals=principals)
        + table("roles", name="strict", principals=principals, mfa=True)
        + table("roles", name="partner", principals=principals, external_id="id-1", max_duration=7200)
        + table("roles", name="next", principals=[f"arn:aws:iam::{ACCOUNT}:role/plain"])
    )
    wait_for_room_in_the_step()
    with mock_sts(program, "--config", str(config)) as url:
        variables = write_files(folder, url, user)
        code = user.code()
        for profile, role in ROLES.items():
            name = f"{client.name}: profile {profile}"
            found = checks.granted(name, lambda: client.identity(variables, profile, code))
            if found:
                arn, is_asked = found
                expected = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/"
                checks.report(f"{client.name}: {profile} is {role}", None if arn.startswith(expected) else arn)
                right = is_asked == (profile == "by-code")
                checks.report(f"{client.name}: {profile} asks where it should", None if right else f"asked: {is_asked}")
        checks.refused(
            f"{client.name}: the code a second time",
            lambda: client.identity(variables, "by-code", code),
            "AccessDenied",
            lambda message: message.startswith("MultiFactorAuthentication failed with invalid MFA one time pass code."),
        )
        checks.refused(
            f"{client.name}: a profile without mfa_serial",
            lambda: client.identity(variables, "without", code),
            "AccessDenied",
            f"User: {user.arn} is not authorized to perform: sts:AssumeRole on resource: "
            f"arn:aws:iam::{ACCOUNT}:role/strict",
        )


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    forget_own_settings()
    program, *javascript = sys.argv[1:]
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for client in [CliProfile(folder), BotoProfile(), *map(JavaScriptProfile, javascript)]:
            check_profiles(checks, client, program, folder)
    if not javascript:
        print("skipped the JavaScript SDK: npm is not installed")
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
