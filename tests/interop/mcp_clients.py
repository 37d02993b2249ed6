"""The MCP server with the official clients: `mcp` of PyPI in its two modes, `@modelcontextprotocol/sdk` of npm.

Arguments: the paths of updsts and mock-sts, and of the folder that holds the npm package (without it the npm client
is passed over, and that is said). Prints a line for each check and the sums at the end.
"""

import asyncio
import contextlib
import html
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

import jsonschema
import mcp_types
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

UPDSTS, MOCK_STS = (str(Path(path).resolve()) for path in sys.argv[1:3])
NODE_FOLDER = sys.argv[3] if len(sys.argv) > 3 else None
SOURCE = """[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
mfa_device_arn = arn:aws:iam::123456789012:mfa/user
"""
UPDATE, INFO, LIST = ("updsts_update_sts_credential", "updsts_get_credential_info", "updsts_get_credential_info_list")
passed = failed = 0


def check(what, holds, detail=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    print(("ok      " if holds else "FAILED  ") + what + (f": {detail}" if detail and not holds else ""), flush=True)


async def python_client(mode, url):
    with tempfile.TemporaryDirectory(prefix="updsts-interop-") as home:
        file = Path(home) / "credentials"
        file.write_text(SOURCE)
        file.chmod(0o600)
        # The client passes on next to nothing of its own environment.
        server = StdioServerParameters(
            command=UPDSTS,
            args=["-c", str(file), "mcp", "--mcp-server"],
            env={"HOME": home, "AWS_ENDPOINT_URL_STS": url},
        )
        async with Client(stdio_client(server), mode=mode) as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            check(f"python, {mode}: three tools", sorted(tools) == sorted([UPDATE, INFO, LIST]), tools)

            async def call(name, **arguments):
                result = await client.call_tool(name, arguments)
                if not result.is_error:
                    jsonschema.validate(result.structured_content, tools[name].output_schema)
                return result

            listed = await call(LIST)
            profiles = listed.structured_content["result"]
            check(f"python, {mode}: the list", [p["profile_name"] for p in profiles] == ["default"], profiles)
            without = await call(UPDATE, profile_name="default", totp_token="")
            text = without.content[0].text
            check(f"python, {mode}: an error for the model", without.is_error and "code_unavailable" in text, text)
            updated = await call(UPDATE, profile_name="default", totp_token="123456")
            check(f"python, {mode}: the update", not updated.is_error, updated)
            session = (await call(INFO, profile_name="default_sts")).structured_content["result"]
            check(f"python, {mode}: the session", session["status"] == "valid", session)
            nobody = await call(INFO, profile_name="nobody")
            check(f"python, {mode}: nobody", nobody.structured_content["result"] is None, nobody)


# Occurs in no other thing that is said.
CODE = "730641"


def fill_in(page, code):
    """As a browser does."""
    origin = "{0.scheme}://{0.netloc}".format(urllib.parse.urlsplit(page))
    form = urllib.request.urlopen(page).read().decode()
    nonce = re.search("name=nonce value=([0-9a-f]+)", form)[1]
    data = urllib.parse.urlencode({"nonce": nonce, "code": code}).encode()
    post = urllib.request.Request(page, data, {"Origin": origin, "Sec-Fetch-Site": "same-origin"})
    # It leads back to the page, which loads itself again until AWS has said something.
    shown = urllib.request.urlopen(post).read().decode()
    while "refresh content=0>" in shown:
        shown = urllib.request.urlopen(page).read().decode()
    return form, shown


async def python_page(mode, url):
    """The client opens a page in front of its user: the code passes it by."""
    with tempfile.TemporaryDirectory(prefix="updsts-interop-") as home:
        file = Path(home) / "credentials"
        file.write_text(SOURCE)
        file.chmod(0o600)
        wire = Path(home) / "wire"
        server = StdioServerParameters(
            command="/bin/sh",
            args=["-c", 'tee "$0.in" | "$@" 2>"$0.err" | tee "$0.out"', str(wire), UPDSTS, "-v", "2", "-c", str(file),
                  "mcp", "--mcp-server", "--ask", "page"],
            env={"HOME": home, "AWS_ENDPOINT_URL_STS": url},
        )
        seen = []

        async def open_page(_context, parameters):
            async def user():
                form, refused = await asyncio.to_thread(fill_in, parameters.url, "999999")
                _, accepted = await asyncio.to_thread(fill_in, parameters.url, CODE)
                seen.extend([parameters.message, html.unescape(form), refused, accepted])

            # The client does not wait for its user.
            users.append(asyncio.create_task(user()))
            return mcp_types.ElicitResult(action="accept")

        users = []
        async with Client(stdio_client(server), mode=mode, elicitation_callback=open_page) as client:
            updated = await client.call_tool(UPDATE, {"profile_name": "default", "totp_token": ""})
            await asyncio.gather(*users)
        check(f"python, {mode}: the answer comes by the page", not updated.is_error, updated)
        check(f"python, {mode}: it is opened once", len(users) == 1, users)
        message, form, refused, accepted = seen
        check(f"python, {mode}: the message says who asks for what", "`default`" in message and "requested by" in message, message)
        check(f"python, {mode}: the page too", "arn:aws:iam::123456789012:mfa/user" in form, form)
        check(f"python, {mode}: a wrong code is asked for again", "AWS refused the code" in refused, refused)
        check(f"python, {mode}: the right one is accepted", "AWS accepted the code" in accepted, accepted)
        said = {part: wire.with_suffix(part).read_text() for part in (".in", ".out", ".err")}
        era = "input_required" if mode == "auto" else "elicitation/create"
        check(f"python, {mode}: by the way of its era", era in said[".out"], said[".out"])
        check(f"python, {mode}: the code is in no message and in no log", CODE not in "".join(said.values()))

        async def decline(_context, _parameters):
            return mcp_types.ElicitResult(action="decline")

        async with Client(stdio_client(server), mode=mode, elicitation_callback=decline) as client:
            declined = await client.call_tool(UPDATE, {"profile_name": "default", "totp_token": ""})
            check(f"python, {mode}: declined", "error[declined]" in declined.content[0].text, declined)


def node_client(url):
    program = Path(__file__).with_name("mcp_client.mjs").resolve()
    with tempfile.TemporaryDirectory(prefix="updsts-interop-") as home:
        file = Path(home) / "credentials"
        file.write_text(SOURCE)
        file.chmod(0o600)
        run = subprocess.run(
            ["node", str(program), NODE_FOLDER, UPDSTS, str(file), url], capture_output=True, text=True, timeout=60
        )
        check("node: ends well", run.returncode == 0, run.stderr)
        for line in run.stdout.splitlines():
            result = json.loads(line)
            check("node: " + result["what"], result["holds"], result.get("detail", ""))


@contextlib.contextmanager
def mock(*options):
    process = subprocess.Popen([MOCK_STS, *options], stdout=subprocess.PIPE, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def main():
    with mock() as url, mock("--token-code", CODE) as url_of_code:
        for mode in ("legacy", "auto"):
            asyncio.run(python_client(mode, url))
            asyncio.run(python_page(mode, url_of_code))
        if NODE_FOLDER:
            node_client(os.fspath(url))
        else:
            print("passed over: the npm client (no `npm`)")
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
