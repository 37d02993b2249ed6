"""README.md to the letter, with the real AWS CLI: a fresh home, its own commands on a terminal, and what updsts prints.

Arguments: the paths of updsts and mock-sts. Prints a line for each check and the sums at the end.
"""

import os
import pty
import re
import select
import subprocess
import sys
import tempfile
from pathlib import Path

UPDSTS, MOCK_STS = (Path(path).resolve() for path in sys.argv[1:3])
README = (Path(__file__).parents[2] / "README.md").read_text()
MOCK = """
[[users]]
name = "user"
mfa_serial = "arn:aws:iam::123456789012:mfa/user"
[[users.keys]]
access_key_id = "AKIAIOSFODNN7EXAMPLE"
secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
[[roles]]
name = "admin"
principals = ["user"]
mfa = true
"""
IDENTITY = "aws sts get-caller-identity --query Arn --output text"
USER = "arn:aws:iam::123456789012:user/user"
passed = failed = 0


def check(what, holds, detail=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print(("ok      " if holds else "FAILED  ") + what + (f": {detail}" if detail and not holds else ""), flush=True)


def part(heading):
    rank = heading.split(" ")[0]
    return README.split(f"\n{heading}\n")[1].split(f"\n{rank} ")[0]


def fenced(text, language):
    return re.findall(rf"\n```{language}\n(.*?)\n```", text, re.DOTALL)


def typed(block):
    """The commands that a block of a terminal shows, each with the last line that it printed there."""
    commands = ("\n" + block).split("\n$ ")[1:]
    return [(lines[0], lines[-1]) for lines in (command.splitlines() for command in commands)]


class Home:
    """A fresh home with a region and nothing else, and a terminal in it."""

    def __init__(self, url, credentials, config=""):
        self.temporary = tempfile.TemporaryDirectory(prefix="updsts-readme-")
        self.folder = Path(self.temporary.name)
        (self.folder / ".aws").mkdir()
        self.credentials = self.folder / ".aws" / "credentials"
        self.credentials.write_text(credentials + "\n")
        self.credentials.chmod(0o600)
        (self.folder / ".aws" / "config").write_text(f"[default]\nregion = eu-west-1\n{config}\n")
        path = f"{UPDSTS.parent}:{os.environ['PATH']}"
        self.environment = {"HOME": str(self.folder), "PATH": path, "AWS_ENDPOINT_URL_STS": url, "AWS_PAGER": ""}

    def run(self, line):
        """Runs a line as a person would; the code is typed at the prompt. Returns the status and what was shown."""
        mine, its = pty.openpty()
        shell = subprocess.Popen(
            ["setsid", "--ctty", "--wait", "sh", "-c", line],
            env=self.environment,
            cwd=self.folder,
            stdin=its,
            stdout=its,
            stderr=its,
        )
        os.close(its)
        shown, answered = "", False
        while select.select([mine], [], [], 60)[0]:
            try:
                data = os.read(mine, 65536)
            except OSError:
                break
            shown += data.decode()
            if not answered and shown.endswith("): "):
                os.write(mine, b"123456\r")
                answered = True
        os.close(mine)
        return shell.wait(), shown.replace("\r", "")

    def works(self, where, line):
        status, shown = self.run(line)
        check(f"{where}: {line}", status == 0, shown)
        return shown.strip()


def first_use_and_roles(url):
    first, roles = part("## First use"), part("## Roles")
    home = Home(url, fenced(first, "ini")[0], fenced(roles, "ini")[0])
    for where, text in (("first use", first), ("roles", roles)):
        for line, last in typed(fenced(text, "console")[0]):
            shown = home.works(where, line)
            used = re.search(r"^use it +(.*)$", shown, re.MULTILINE)
            if used:
                home.works(f"{where}, the line that uses it", used[1])
            else:
                # The name that the AWS CLI gives the session of a role is another each time.
                same = shown.rstrip("0123456789") == last.rstrip("0123456789")
                check(f"{where}: it prints what the manual shows", same, shown)


def without_a_profile(url):
    text = part("### Without `AWS_PROFILE`")
    home = Home(url, fenced(text, "ini")[0])
    home.works("without AWS_PROFILE", fenced(text, "sh")[0])
    check("without AWS_PROFILE: every tool has the session", home.works("without AWS_PROFILE", IDENTITY) == USER)
    home.works("without AWS_PROFILE", "updsts get")


def long_running(url):
    config = fenced(part("## Long-running programs"), "ini")[0].replace("/home/me/.cargo/bin/updsts", str(UPDSTS))
    home = Home(url, fenced(part("## First use"), "ini")[0], f"{config}\nregion = eu-west-1")
    home.works("long-running programs", "updsts get default")
    shown = home.works("long-running programs", f"AWS_PROFILE=default_live {IDENTITY}")
    check("long-running programs: the process hands the session over", shown == USER, shown)


def containers(url):
    home = Home(url, fenced(part("## First use"), "ini")[0])
    home.works("containers", "updsts get default")
    export, docker, remove = fenced(part("## Containers"), "sh")[0].splitlines()
    region = docker.split("--env ")[1].split(" ")[0]
    inside = f"mv ~/.aws away; env $(cat session.env) {region} {IDENTITY}; mv away ~/.aws"
    shown = home.works("containers", f"{export}; {inside}; {remove}")
    check("containers: the variables are a session", shown == USER, shown)


def from_aws_mfa(url):
    source = fenced(part("## First use"), "ini")[0].replace("[default]", "[default-long-term]")
    session = "[default]\naws_access_key_id = ASIAOLD\naws_secret_access_key = old\naws_session_token = old\nexpiration = old"
    home = Home(url, f"{source}\n{session}")
    home.works("from aws-mfa", fenced(part("## Coming from aws-mfa"), "sh")[0])
    shown = home.works("from aws-mfa", IDENTITY)
    check("from aws-mfa: `default` is the session", shown == USER, shown)
    home.works("from aws-mfa", "updsts get")


with tempfile.NamedTemporaryFile("w", suffix=".toml") as config:
    config.write(MOCK)
    config.flush()
    mock = subprocess.Popen([MOCK_STS, "--config", config.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        address = mock.stdout.readline().strip()
        for scenario in (first_use_and_roles, without_a_profile, long_running, containers, from_aws_mfa):
            scenario(address)
    finally:
        mock.terminate()
        mock.wait()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
