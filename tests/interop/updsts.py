"""updsts with clients that nobody here wrote: the AWS CLI, boto3, moto, pyotp, and a CONNECT proxy.

Arguments: the paths of updsts and mock-sts. Prints a line for each check and the sums at the end.
"""

import base64
import datetime
import json
import os
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import botocore.session

UPDSTS, MOCK_STS = (str(Path(path).resolve()) for path in sys.argv[1:3])
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
SOURCE = """# my keys

[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
mfa_device_arn = arn:aws:iam::123456789012:mfa/user
"""
passed = failed = 0


def check(what, holds, detail=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print(("ok      " if holds else "FAILED  ") + what + (f": {detail}" if detail and not holds else ""), flush=True)


class Home:
    """A home folder of its own and a cleared environment."""

    def __init__(self, source=SOURCE, **environment):
        self.temporary = tempfile.TemporaryDirectory(prefix="updsts-interop-")
        self.folder = Path(self.temporary.name)
        (self.folder / ".aws").mkdir()
        self.credentials = self.folder / ".aws" / "credentials"
        self.credentials.write_text(source)
        self.credentials.chmod(0o600)
        self.config = self.folder / ".aws" / "config"
        self.environment = {"HOME": str(self.folder), "PATH": os.environ["PATH"], **environment}

    def run(self, *command, **more):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, **more)

    def get(self, *more):
        return self.run(UPDSTS, "get", "-n", "default", *more)

    def section(self, name):
        """What botocore reads in a profile of the credentials file."""
        from botocore.configloader import raw_config_parse

        return raw_config_parse(str(self.credentials), parse_subsections=False)[name]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(port):
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(port)


class Mock:
    def __init__(self, *options):
        self.process = subprocess.Popen([MOCK_STS, *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.url = self.process.stdout.readline().strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def admin(self, method, path):
        with urllib.request.urlopen(urllib.request.Request(f"{self.url}/_mock/{path}", method=method)) as answer:
            return answer.read()

    def requests(self):
        return json.loads(self.admin("GET", "requests"))


def moto():
    """The session of a server that no one here wrote is stored and read, all other bytes the same."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        home = Home(AWS_ENDPOINT_URL_STS=f"http://127.0.0.1:{port}")
        run = home.get("-t", "123456")
        check("moto: get exits 0", run.returncode == 0, run.stderr)
        after = home.credentials.read_text()
        check("moto: every other byte is the same", after.startswith(SOURCE) and after.count("[") == SOURCE.count("[") + 3)
        listed = home.run("aws", "configure", "list", "--profile", "default_sts")
        check("moto: `aws configure list` shows the session", "shared-credentials-file" in listed.stdout, listed.stdout + listed.stderr)
        os.environ["AWS_SHARED_CREDENTIALS_FILE"] = str(home.credentials)
        keys = botocore.session.Session(profile="default_sts").get_credentials().get_frozen_credentials()
        del os.environ["AWS_SHARED_CREDENTIALS_FILE"]
        stored = home.section("default_sts")
        check("moto: boto3 reads the session", keys.token and keys.token == stored["aws_session_token"])
    finally:
        server.terminate()
        server.wait()


def first_use():
    """A key alone, two commands, and the real AWS CLI uses the session (FIRST-1)."""
    key = "".join(line for line in SOURCE.splitlines(True) if "mfa_device_arn" not in line)
    with Mock() as mock:
        home = Home(key, AWS_ENDPOINT_URL_STS=mock.url, AWS_ENDPOINT_URL_IAM=mock.url)
        run = home.run(UPDSTS, "init")
        check("first_use: init", run.returncode == 0 and run.stdout.endswith("updsts get\n"), run.stdout + run.stderr)
        check("first_use: the file differs by one line", home.credentials.read_text() == SOURCE)
        run = home.run(UPDSTS, "get", "-t", "123456")
        check("first_use: get", run.returncode == 0 and home.credentials.read_text().startswith(SOURCE), run.stderr)
        command = ("aws", "sts", "get-caller-identity", "--profile", "default_sts", "--region", "us-east-1")
        run = home.run(*command)
        check("first_use: aws sts get-caller-identity", run.returncode == 0 and ":user/user" in run.stdout, run.stderr)
        devices = home.run("aws", "iam", "list-mfa-devices", "--profile", "default", "--region", "us-east-1")
        check("first_use: the AWS CLI sees the same device", "mfa/user" in devices.stdout, devices.stderr)
        before = home.credentials.read_bytes()
        run = home.run(UPDSTS, "init", "--json")
        same = home.credentials.read_bytes() == before and json.loads(run.stdout)["written"] is False
        check("first_use: a second init changes nothing", same, run.stdout + run.stderr)
        run = home.run(UPDSTS, "doctor", "--json")
        red = [line for line in json.loads(run.stdout)["checks"] if line["status"] == "error"]
        check("first_use: doctor finds nothing in red", run.returncode == 0 and not red, run.stdout)


def identity():
    """A stored session is good for the mock that gave it, and not with one character changed."""
    with Mock() as mock:
        home = Home(AWS_ENDPOINT_URL_STS=mock.url, AWS_DEFAULT_REGION="us-east-1")
        check("mock: get exits 0", home.get("-t", "123456").returncode == 0)
        who = home.run("aws", "sts", "get-caller-identity", "--profile", "default_sts")
        check("mock: the AWS CLI is the user", '"arn:aws:iam::123456789012:user/user"' in who.stdout, who.stdout + who.stderr)
        secret = home.section("default_sts")["aws_secret_access_key"]
        changed = secret[:-1] + ("A" if secret[-1] != "A" else "B")
        home.credentials.write_text(home.credentials.read_text().replace(secret, changed))
        who = home.run("aws", "sts", "get-caller-identity", "--profile", "default_sts")
        check("mock: a changed secret is refused", "SignatureDoesNotMatch" in who.stderr, who.stderr)


def credential_process():
    """One process picks up a session that was refreshed meanwhile (EXP-2)."""
    with Mock() as mock:
        home = Home(AWS_ENDPOINT_URL_STS=mock.url)
        home.config.write_text(f"[profile default_live]\ncredential_process = {UPDSTS} export -n default\nregion = us-east-1\n")
        home.get("-t", "123456", "-d", "900")
        saved = dict(os.environ)
        os.environ.update(home.environment, AWS_PROFILE="default_live")
        try:
            credentials = botocore.session.Session().get_credentials()
            first = credentials.get_frozen_credentials()
            kind = type(credentials).__name__
            check("credential_process: the credentials are refreshable", "Refreshable" in kind, kind)
            home.get("-t", "123456")
            # Of fifteen minutes so little is left that botocore asks the process at every request.
            second = credentials.get_frozen_credentials()
            check("credential_process: the same process has the new session", first.token != second.token)
            check("credential_process: it is the stored one", second.token == home.section("default_sts")["aws_session_token"])
            home.run(UPDSTS, "clear", "-n", "default")
            missing = home.run(UPDSTS, "export", "-n", "default")
            check("export: a missing session is exit 7 and silent", (missing.returncode, missing.stdout) == (7, ""))
        finally:
            os.environ.clear()
            os.environ.update(saved)


def totp():
    """Codes of a real TOTP program, through `mfa_process`."""
    command = f"{sys.executable} -c \"import pyotp; print(pyotp.TOTP('{TOTP_SECRET}').now())\""
    with Mock("--totp-secret", TOTP_SECRET) as mock:
        home = Home(SOURCE + f"mfa_process = {command}\n", AWS_ENDPOINT_URL_STS=mock.url)
        run = home.get()
        check("totp: pyotp's code is taken", run.returncode == 0, run.stderr)
        start = time.monotonic()
        run = home.get()
        waited = time.monotonic() - start
        check("totp: the same code is refused, and the next one taken", run.returncode == 0 and "the next one" in run.stderr, run.stderr)
        check("totp: it waited for the next code at most", waited < 35, f"{waited:.1f} s")
    stand_in = Home()
    program = stand_in.folder / "mktotp"
    program.write_text("#!/bin/sh\n[ \"$1 $2 $3\" = \"get -n NAME\" ] && echo 123456\n")
    program.chmod(0o755)
    with Mock() as mock:
        for line in (f"mfa_process = {program} get -n NAME", "totp_secret_name = NAME"):
            home = Home(SOURCE + line + "\n", AWS_ENDPOINT_URL_STS=mock.url)
            home.environment["PATH"] = f"{stand_in.folder}:{home.environment['PATH']}"
            run = home.get()
            check(f"mktotp: {line.split(' = ')[0]}", run.returncode == 0, run.stderr)


class Proxy(threading.Thread):
    """A CONNECT proxy that wants a user and a password."""

    WANTED = "Basic " + base64.b64encode(b"user:pass%word@1").decode()

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.tunnels = []

    def run(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            more = client.recv(4096)
            if not more:
                return
            head += more
        lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        given = {name.lower(): value for name, value in headers.items()}.get("proxy-authorization")
        if given != self.WANTED:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return client.close()
        self.tunnels.append(lines[0])
        host, port = lines[0].split()[1].rsplit(":", 1)
        server = socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            for ready in select.select([client, server], [], [])[0]:
                data = ready.recv(65536)
                if not data:
                    return client.close(), server.close()
                (server if ready is client else client).sendall(data)


class Tls(threading.Thread):
    """TLS in front of the mock, with a CA of its own."""

    def __init__(self, folder, target):
        super().__init__(daemon=True)
        openssl = lambda *arguments: subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        openssl("req", "-x509", *curve, "-days", "2", "-subj", "/CN=updsts test CA", "-keyout", "ca.key", "-out", "ca.pem")
        openssl("req", *curve, "-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "request.pem")
        (folder / "extensions").write_text("subjectAltName=DNS:localhost\n")
        signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "extensions"]
        openssl("x509", "-req", "-in", "request.pem", *signed, "-out", "certificate.pem")
        key, certificate = folder / "key.pem", folder / "certificate.pem"
        self.ca = folder / "ca.pem"
        self.target = target
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def run(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            client = self.context.wrap_socket(client, server_side=True)
        except (ssl.SSLError, OSError):
            return
        host, port = self.target.removeprefix("http://").split(":")
        server = socket.create_connection((host, int(port)))

        def back():
            while data := server.recv(65536):
                client.sendall(data)

        threading.Thread(target=back, daemon=True).start()
        while data := client.recv(65536):
            server.sendall(data)


def proxy():
    with Mock() as mock:
        home = Home()
        tls, proxy = Tls(home.folder, mock.url), Proxy()
        tls.start(), proxy.start()
        url = f"https://localhost:{tls.port}"
        good = f"http://user:pass%25word%401@127.0.0.1:{proxy.port}"
        home.environment.update(AWS_ENDPOINT_URL_STS=url, AWS_CA_BUNDLE=str(tls.ca))
        run = home.get("-t", "123456")
        check("tls: get over HTTPS with a bundle of its own", run.returncode == 0, run.stderr)
        home.environment["HTTPS_PROXY"] = good
        run = home.get("-t", "123456", "-v", "2")
        check("proxy: get through a CONNECT proxy with user and password", run.returncode == 0, run.stderr)
        check("proxy: it went through the proxy", proxy.tunnels == [f"CONNECT localhost:{tls.port} HTTP/1.1"], proxy.tunnels)
        encoded = base64.b64encode(b"user:pass%word@1").decode()
        text = run.stdout + run.stderr
        check("proxy: the password is nowhere", not any(word in text for word in ("pass%", "word%40", encoded)), text)
        home.environment["NO_PROXY"] = "localhost"
        run = home.get("-t", "123456")
        check("proxy: NO_PROXY goes around it", run.returncode == 0 and len(proxy.tunnels) == 1, run.stderr)
        del home.environment["NO_PROXY"]
        home.environment["HTTPS_PROXY"] = f"http://user:wrong-pass@127.0.0.1:{proxy.port}"
        run = home.get("-t", "123456")
        check("proxy: a refused password is `unreachable`", run.returncode == 5 and "error[unreachable]" in run.stderr, run.stderr)
        check("proxy: and is not shown", "wrong-pass" not in run.stderr)
        del home.environment["HTTPS_PROXY"], home.environment["AWS_CA_BUNDLE"]
        run = home.get("-t", "123456")
        check("tls: an unknown CA is `tls_untrusted`", run.returncode == 5 and "error[tls_untrusted]" in run.stderr, run.stderr)
        check("tls: the hint names AWS_CA_BUNDLE", "AWS_CA_BUNDLE" in run.stderr, run.stderr)


def faults():
    """Every fault of the mock is the right code and exit status, and none changes the file (MOCK-5)."""
    cases = [
        ("error=AccessDenied", "access_denied", 4),
        ("error=InvalidClientTokenId", "key_refused", 4),
        ("error=SignatureDoesNotMatch", "signature_refused", 4),
        ("error=RegionDisabledException", "region_refused", 4),
        ("error=Throttling", "throttled", 4),
        ("error=ValidationError", "aws_refused", 4),
        ("error=ExpiredToken", "key_refused", 4),
        ("5xx", "answer_lost", 5),
        ("5xx-html", "answer_lost", 5),
        ("drop", "answer_lost", 5),
        ("malformed", "answer_lost", 5),
        ("incomplete", "answer_lost", 5),
        ("latency=12000", "answer_lost", 5),
    ]
    for fault, code, status in cases:
        with Mock("--fault", fault) as mock:
            home = Home(AWS_ENDPOINT_URL_STS=mock.url)
            run = home.get("-t", "123456")
            same = home.credentials.read_text() == SOURCE
            check(f"fault {fault}: {code}, exit {status}, the file unchanged", f"error[{code}]" in run.stderr and run.returncode == status and same, run.stderr)
    with Mock("--fault", "skew=700") as mock:
        run = Home(AWS_ENDPOINT_URL_STS=mock.url).get("-t", "123456")
        check("fault skew=700: measured and corrected", run.returncode == 0, run.stderr)


class Live(Home):
    """A profile `live` that renews itself, by a stand-in for a dialog that leaves a line in `asked` for each question."""

    ARN = "arn:aws:iam::123456789012:user/user"

    def __init__(self, mock, source=SOURCE, options=""):
        super().__init__(source, AWS_ENDPOINT_URL_STS=mock.url, AWS_PROFILE="live", UPDSTS_ASK="dialog")
        dialog = self.folder / "dialog"
        dialog.write_text("#!/bin/sh\necho x >>$HOME/asked\necho 123456\n")
        dialog.chmod(0o700)
        self.environment["UPDSTS_DIALOG"] = str(dialog)
        self.config.write_text(f"[profile live]\ncredential_process = {UPDSTS} export -n default --renew{options}\nregion = us-east-1\n")
        self.mock = mock

    def asked(self):
        asked = self.folder / "asked"
        return len(asked.read_text().splitlines()) if asked.exists() else 0

    def requests(self):
        return [entry for entry in self.mock.requests() if entry["action"] == "GetSessionToken"]

    def pass_away(self):
        """The time until the expiry passes: for AWS, and for whoever reads the file."""
        self.mock.admin("PUT", f"sessions/{self.section('default_sts')['aws_access_key_id']}/expire")
        lines = self.credentials.read_text().splitlines(keepends=True)
        past = "expiration_datetime = 2020-01-01T00:00:00Z\n"
        self.credentials.write_text("".join(past if line.startswith("expiration_datetime") else line for line in lines))


IDENTITY = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"


def live_botocore():
    """One process calls AWS over three expiries, and no call fails; ten processes at once cause one request (REN-1)."""
    with Mock() as mock:
        home = Live(mock)
        saved = dict(os.environ)
        os.environ.clear()
        os.environ.update(home.environment)
        try:
            session = botocore.session.Session()
            client = session.create_client("sts")
            tokens = set()
            for round in range(1, 4):
                who = [client.get_caller_identity()["Arn"] for _ in range(3)]
                check(f"live: botocore's calls work, round {round}", who == [home.ARN] * 3, who)
                credentials = session.get_credentials()
                tokens.add(credentials.token)
                check(f"live: renewals so far: {round}", (home.asked(), len(home.requests())) == (round, round), home.requests())
                home.pass_away()
                # So does the time that botocore keeps.
                credentials._expiry_time -= datetime.timedelta(hours=1)
            check("live: three sessions were used", len(tokens) == 3)
            refused = [entry for entry in mock.requests() if entry["outcome"] != "OK"]
            check("live: AWS refused no request", not refused, refused)
        finally:
            os.environ.clear()
            os.environ.update(saved)
    with Mock("--fault", "latency=1000") as mock:
        home = Live(mock)
        command = [sys.executable, "-c", IDENTITY]
        start = lambda: subprocess.Popen(command, env=home.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        answers = [process.communicate()[0].strip() for process in [start() for _ in range(10)]]
        check("live: ten boto3 processes at once are the user", answers == [home.ARN] * 10, answers)
        check("live: they caused one question and one request", (home.asked(), len(home.requests())) == (1, 1), home.requests())


def live_clients():
    """The AWS CLI, boto3 and the SDK for JavaScript read `export --renew`; what is on standard input stays there (REN-1)."""
    clients = {"the AWS CLI": ["aws", "sts", "get-caller-identity", "--query", "Arn", "--output", "text"], "boto3": [sys.executable, "-c", IDENTITY]}
    if node := os.environ.get("UPDSTS_NODE"):
        program = Path(__file__).with_name("identity.mjs").resolve()
        clients["the SDK for JavaScript"] = ["node", str(program), node, "2"]
    for name, command in clients.items():
        with Mock() as mock, open("/dev/zero", "rb") as endless:
            home = Live(mock)
            for round in range(1, 3):
                run = home.run(*command, stdin=endless)
                lines = run.stdout.split()
                check(f"live: {name} is the user, round {round}", lines and set(lines) == {home.ARN}, run.stdout + run.stderr)
                check(f"live: {name} caused a renewal, round {round}", home.asked() == round, home.asked())
                home.pass_away()


def exec_clients():
    """The AWS CLI and boto3 as commands of `exec`, with a role, too (REN-3)."""
    with Mock() as mock:
        home = Live(mock)
        home.config.write_text(f"[default]\nregion = eu-west-1\n[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = default_sts\n")
        home.environment.update(AWS_ACCESS_KEY_ID="AKIAI44QH8DHBEXAMPLE", AWS_SECRET_ACCESS_KEY="x", AWS_SESSION_TOKEN="x")
        for command in (["aws", "sts", "get-caller-identity", "--query", "Arn"], [sys.executable, "-c", IDENTITY]):
            run = home.run(UPDSTS, "exec", "default", "--", *command)
            check(f"exec: {Path(command[0]).name} is the user", home.ARN in run.stdout, run.stdout + run.stderr)
        region = home.run(UPDSTS, "exec", "admin", "--", sys.executable, "-c", "import boto3; s = boto3.Session(); print(s.profile_name, s.region_name)")
        check("exec: a role is used by its name, in the region of its source", region.stdout.split() == ["admin", "eu-west-1"], region.stdout + region.stderr)
        prompt = 'updsts list --check default || echo expired'.replace("updsts", UPDSTS)
        check("prompt: nothing is shown of a valid session", home.run("sh", "-c", prompt).stdout == "")
        home.pass_away()
        check("prompt: an expired session is shown", home.run("sh", "-c", prompt).stdout == "expired\n")


SCENARIOS = (first_use, moto, identity, credential_process, totp, proxy, faults, live_botocore, live_clients, exec_clients)
for scenario in [known for known in SCENARIOS if known.__name__ in sys.argv[3:] or not sys.argv[3:]]:
    scenario()
print(f"{passed} passed, {failed} failed")
sys.exit(failed > 0)
