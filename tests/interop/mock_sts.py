#!/usr/bin/env python3
"""The real AWS CLI, boto3 and the JavaScript SDK against mock-sts.

    python mock_sts.py PATH_OF_MOCK_STS [FOLDER_OF_THE_JAVASCRIPT_SDK]

Needs boto3, and the AWS CLI beside this Python or on the PATH (`pip install boto3 awscli`). Prints a line for each
check and 'N passed, N failed'; ends with 1 where one failed.
"""

import sys
import tempfile
import urllib.request
from pathlib import Path

from mock_clients import (
    ACCOUNT,
    AwsCli,
    Boto3,
    Checks,
    JavaScript,
    User,
    forget_own_settings,
    mock_sts,
    table,
    wait_for_room_in_the_step,
)

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
HALF_OF_MFA = (
    "AccessDenied",
    "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
)
TOO_LONG_FOR_ROLE = (
    "ValidationError",
    "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
)
TOO_LONG_FOR_CHAIN = (
    "ValidationError",
    "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
)
ENDED = ("ExpiredToken", "The security token included in the request is expired")


def role_arn(name):
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def assumed(name):
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/me"


def not_trusted(caller, role):
    return (
        "AccessDenied",
        f"User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role_arn(role)}",
    )


def invalid(value, name, constraint):
    return (
        "ValidationError",
        f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: "
        f"Member must {constraint}",
    )


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


def check_devices(checks, client, url, user, passkey):
    checks.granted(f"{client.name}: devices", lambda: client.devices(url, user.key), [user.serial, passkey])
    checks.granted(f"{client.name}: the user", lambda: client.user(url, user.key), user.arn)


def check_roles(checks, client, url, user):
    """Roles that are granted."""

    def granted(name, role, key=user.key, **parameters):
        session = checks.granted(
            f"{client.name}: {name}", lambda: client.assume_role(url, key, role_arn(role), **parameters)
        )
        if session:
            checks.granted(f"{client.name}: its session names it", lambda: client.identity(url, session), assumed(role))
        return session

    plain = granted("a role", "plain")
    granted("a role with an external id", "partner", ExternalId="id-1")
    granted("a role by a role", "next", key=plain, DurationSeconds=3600)
    granted("a role for two hours", "long", DurationSeconds=7200)
    granted("a role with MFA", "strict", SerialNumber=user.serial, TokenCode=user.code())
    session = client.session(url, user.key, user.serial, user.code(1))
    granted("a role with MFA over a session", "strict", key=session)
    return plain


def check_refusals_of_roles(checks, client, url, user, others, plain):
    """Each refusal of `AssumeRole`, in AWS's words."""

    def refused(name, expected, role="plain", key=user.key, **parameters):
        arn = role if ":" in role else role_arn(role)
        checks.refused(
            f"{client.name}: {name}", lambda: client.assume_role(url, key, arn, **parameters), *expected
        )

    stranger, denied, root = others
    by_role = assumed("plain")
    code = {"SerialNumber": user.serial, "TokenCode": user.code()}
    refused("a user whom the role does not trust", not_trusted(stranger.arn, "plain"), key=stranger.key)
    refused("a role that does not exist", not_trusted(user.arn, "missing"), "missing")
    refused("a role that trusts a role only", not_trusted(user.arn, "next"), "next")
    refused("a role whom another does not trust", not_trusted(by_role, "long"), "long", key=plain)
    refused("no code where one is wanted", not_trusted(user.arn, "strict"), "strict")
    refused("a code that was used", WRONG_CODE, "strict", **code)
    refused("a wrong code", WRONG_CODE, "strict", SerialNumber=user.serial, TokenCode=user.wrong_code())
    refused("a device of somebody else", WRONG_DEVICE, "strict", SerialNumber=stranger.serial, TokenCode="123456")
    refused("a serial number without a code", HALF_OF_MFA, SerialNumber=user.serial)
    refused("a code without a serial number", HALF_OF_MFA, TokenCode="123456")
    refused("no external id", not_trusted(user.arn, "partner"), "partner")
    refused("a wrong external id", not_trusted(user.arn, "partner"), "partner", ExternalId="id-2")
    for seconds, constraint in [(899, "greater than or equal to 900"), (43201, "less than or equal to 43200")]:
        expected = invalid(seconds, "durationSeconds", f"have value {constraint}")
        refused(f"{seconds} seconds", expected, "long", DurationSeconds=seconds)
    refused("longer than the role", TOO_LONG_FOR_ROLE, DurationSeconds=3601)
    refused("longer than a chain", TOO_LONG_FOR_CHAIN, "next", key=plain, DurationSeconds=3601)
    words = r"satisfy regular expression pattern: [\w+=,.@-]*"
    refused("a blank in the name", invalid("a b", "roleSessionName", words), RoleSessionName="a b")
    expected = invalid("a", "roleSessionName", "have length greater than or equal to 2")
    refused("a name of one letter", expected, RoleSessionName="a")
    words = r"satisfy regular expression pattern: [\w+=,.@:\/-]*"
    refused("a star in the external id", invalid("i*", "externalId", words), "partner", ExternalId="i*")
    refused("the ARN of a user", ("ValidationError", "Request ARN is invalid"), user.arn)
    message = f"{not_trusted(denied.arn, 'plain')[1]} with an explicit deny in an identity-based policy"
    refused("a user to whom it is denied", ("AccessDenied", message), key=denied.key)
    refused("a root", ("AccessDenied", "Roles may not be assumed by root accounts."), key=root)
    refused("an unknown key", UNKNOWN_KEY, key=("AKIAUNKNOWNUNKNOWNUN", "secret"))
    refused("a wrong secret key", WRONG_SECRET, key=(user.key[0], "wrong"))
    end = urllib.request.Request(f"{url}/_mock/sessions/{plain[0]}/expire", method="PUT")
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(end).close()
    refused("a session that has ended", ENDED, "next", key=plain)


def check_roles_and_devices(checks, client, program, folder):
    """By a mock of its own, so that its codes are fresh."""
    user, stranger, denied = User(client.name), User("stranger"), User("denied")
    root = ("AKIAROOT", "root-secret")
    passkey = f"arn:aws:iam::{ACCOUNT}:u2f/user/{user.name}/key"
    config = folder / f"{client.name}.toml"
    trusted = [user.name, denied.name]
    config.write_text(
        user.toml()
        + table("users.devices", serial=passkey)
        + stranger.toml()
        + denied.toml(denied=["sts:AssumeRole"])
        + table("users", root=True)
        + table("users.keys", access_key_id=root[0], secret_access_key=root[1])
        + table("roles", name="plain", principals=trusted)
        + table("roles", name="strict", principals=trusted, mfa=True)
        + table("roles", name="partner", principals=trusted, external_id="id-1")
        + table("roles", name="long", principals=trusted, max_duration=43200)
        + table("roles", name="next", principals=[role_arn("plain")], max_duration=7200)
    )
    wait_for_room_in_the_step()
    with mock_sts(program, "--config", str(config)) as url:
        check_devices(checks, client, url, user, passkey)
        plain = check_roles(checks, client, url, user)
        check_refusals_of_roles(checks, client, url, user, (stranger, denied, root), plain)


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
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    forget_own_settings()
    program, *javascript = sys.argv[1:]
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        clients = [Boto3(), AwsCli(folder), *map(JavaScript, javascript)]
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
    if not javascript:
        print("skipped the JavaScript SDK: npm is not installed")
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
