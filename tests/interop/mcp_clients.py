"""The MCP server with the official clients: `mcp` of PyPI in its two modes, `@modelcontextprotocol/sdk` of npm.

Arguments: the paths of updsts and mock-sts, and of the folder that holds the npm package (without it the npm client
is passed over, and that is said). Prints a line for each check and the sums at the end.
"""

import asyncio
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
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


def main():
    mock = subprocess.Popen([MOCK_STS], stdout=subprocess.PIPE, text=True)
    try:
        url = mock.stdout.readline().strip()
        for mode in ("legacy", "auto"):
            asyncio.run(python_client(mode, url))
        if NODE_FOLDER:
            node_client(os.fspath(url))
        else:
            print("passed over: the npm client (no `npm`)")
    finally:
        mock.terminate()
        mock.wait()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
