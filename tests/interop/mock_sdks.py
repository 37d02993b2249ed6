#!/usr/bin/env python3
"""Whatever signs requests is taken by mock-sts: the examples in mock-sts/examples (Python, JavaScript, Go, and
Testcontainers where an engine has the image), other signers than the SDKs', presigned URLs. The Rust SDK's requests are
in the tests of mock-sts and updsts.

    python mock_sdks.py PATH_OF_MOCK_STS [FOLDER_OF_THE_JAVASCRIPT_SDK]
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import boto3
from awscrt import auth, http
from botocore.config import Config
from mock_clients import AwsCli, Checks, environment, forget_own_settings, mock_sts, of_key

EXAMPLES = Path(__file__).parent.parent.parent / "mock-sts" / "examples"
# Where Debian's golang-github-aws-aws-sdk-go-v2-dev has its sources.
GO_PATH = Path("/usr/share/gocode")
KEY = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
SERIAL = "arn:aws:iam::123456789012:mfa/user"
ARN = "arn:aws:iam::123456789012:user/user"
FORM = "Action=GetCallerIdentity&Version=2011-06-15"


def run(command, **options):
    """What it prints; its errors where it fails."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=300, **options)
    return done.stdout if done.returncode == 0 else f"{done.stdout}{done.stderr}"


def problem(text, expected):
    return None if text == expected else repr(text)


def ask(url, body=None, **headers):
    """The response's text; no proxy of the environment is asked."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, headers=headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=30) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.read().decode()


def check_identity(checks, name, text):
    checks.report(name, None if f"<Arn>{ARN}</Arn>" in text else text)


def check_examples(checks, program, folder, node):
    """Each gets a session for a code, asks with it who it is, and is refused for another code."""

    def check(name, *command, **options):
        text = run([program, "--", *command], **options)
        checks.report(f"example: {name}", problem(text, f"{ARN}\nAccessDenied\n"))

    check("Python", sys.executable, EXAMPLES / "python" / "session.py")
    if node:
        script = shutil.copy(EXAMPLES / "javascript" / "session.mjs", node)
        check("JavaScript", "node", script)
    if shutil.which("go") and (GO_PATH / "src/github.com/aws/aws-sdk-go-v2").is_dir():
        variables = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GO_PATH), "GOCACHE": str(folder / "go")}
        built = run(["go", "build", "-o", folder / "session", EXAMPLES / "go" / "main.go"], env=variables)
        checks.report("example: Go builds", problem(built, ""))
        check("Go", folder / "session")
    else:
        print("skipped Go: there is no `go` with Debian's golang-github-aws-aws-sdk-go-v2-dev")
    has_image = "mock-sts" in run(["docker", "image", "ls", "mock-sts"]) if shutil.which("docker") else False
    if has_image:
        text = run([sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", EXAMPLES / "testcontainers"])
        checks.report("example: Testcontainers", None if "1 passed" in text else text)
    else:
        print("skipped Testcontainers: docker has no image of mock-sts, which `just mock-image` makes")
    print("skipped Java: its SDK comes from no registry that this test uses")


def check_curl(checks, url):
    help_text = run(["curl", "--help", "all"]) if shutil.which("curl") else ""
    if "--aws-sigv4" not in help_text:
        print("skipped curl: it is not installed, or cannot sign")
        return
    command = ["curl", "--silent", "--noproxy", "*", "--aws-sigv4", "aws:amz:us-east-1:sts", "--user", ":".join(KEY)]
    check_identity(checks, "curl --aws-sigv4", run([*command, "--data", FORM, f"{url}/"]))
    check_identity(checks, "curl --aws-sigv4 with a query", run([*command, f"{url}/?{FORM}"]))


def check_common_runtime(checks, url):
    """The signer in C that the SDKs for C++, Java and others have, too."""
    host = url.removeprefix("http://")
    for kind in [auth.AwsSignatureType.HTTP_REQUEST_HEADERS, auth.AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS]:
        in_query = kind == auth.AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS
        request = http.HttpRequest("GET", f"/?{FORM}", http.HttpHeaders([("host", host)]))
        config = auth.AwsSigningConfig(
            algorithm=auth.AwsSigningAlgorithm.V4,
            signature_type=kind,
            credentials_provider=auth.AwsCredentialsProvider.new_static(*KEY),
            region="us-east-1",
            service="sts",
        )
        auth.aws_sign_request(request, config).result(timeout=30)
        headers = {name: value for name, value in request.headers if name.lower() != "host"}
        where = "query" if in_query else "headers"
        check_identity(checks, f"AWS Common Runtime, {where}", ask(f"{url}{request.path}", **headers))


def check_presigned(checks, url, cli):
    settings = {"endpoint_url": url, "region_name": "us-east-1", "config": Config(proxies={})}
    client = boto3.client("sts", aws_access_key_id=KEY[0], aws_secret_access_key=KEY[1], **settings)
    session = client.get_session_token(SerialNumber=SERIAL, TokenCode="123456")["Credentials"]
    session = (session["AccessKeyId"], session["SecretAccessKey"], session["SessionToken"])
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    for name, key in [("a key", KEY), ("a session", session)]:
        client = boto3.client("sts", **dict(zip(names, key)), **settings)
        presigned = client.generate_presigned_url("get_caller_identity", HttpMethod="GET")
        check_identity(checks, f"presigned by boto3 with {name}", ask(presigned))
        variables = environment(url, **of_key(key))
        token = json.loads(run([cli.program, "eks", "get-token", "--cluster-name", "test"], env=variables))
        encoded = token["status"]["token"].removeprefix("k8s-aws-v1.")
        presigned = base64.urlsafe_b64decode(encoded + "==").decode()
        text = ask(presigned, x_k8s_aws_id="test")
        check_identity(checks, f"presigned by `aws eks get-token` with {name}", text)
        text = ask(presigned, x_k8s_aws_id="other")
        checks.report("for another cluster it is not", None if "SignatureDoesNotMatch" in text else text)


def check_javascript(checks, url, node):
    """`aws4`, which many programs use in place of an SDK."""
    script = """
        const aws4 = require("aws4"), [url, accessKeyId, secretAccessKey, body] = process.argv.slice(1);
        const { host } = new URL(url), service = "sts", region = "us-east-1";
        const send = async (request) => {
            const signed = aws4.sign({ host, service, region, ...request }, { accessKeyId, secretAccessKey });
            const { path, method, headers } = signed;
            delete headers.Host;
            console.log(await (await fetch(url + path, { method, headers, body: request.body })).text());
        };
        send({ body }).then(() => send({ method: "GET", path: "/?" + body, signQuery: true }));
    """
    text = run(["node", "-e", script, url, *KEY, FORM], cwd=node)
    checks.report("aws4 for JavaScript, headers and query", None if text.count(f"<Arn>{ARN}</Arn>") == 2 else text)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    forget_own_settings()
    program, *rest = sys.argv[1:]
    node = rest[0] if rest else None
    checks = Checks()
    with tempfile.TemporaryDirectory() as name, mock_sts(program) as url:
        check_examples(checks, program, Path(name), node)
        check_curl(checks, url)
        check_common_runtime(checks, url)
        check_presigned(checks, url, AwsCli(Path(name)))
        if node:
            check_javascript(checks, url, node)
        else:
            print("skipped JavaScript: npm is not installed")
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
