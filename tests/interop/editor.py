"""What botocore read before an edit it reads after it (FILE-8): the editor against botocore, on generated files.

Arguments: the path of the `editor` example, that of updsts, that of mock-sts, how many files are edited in one
process, and how many by the binary. Prints each violation, and at the end what was counted.
"""

import collections
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import botocore
from botocore.configloader import raw_config_parse
from botocore.exceptions import ConfigParseError

EDITOR, UPDSTS, MOCK = (str(Path(argument).resolve()) for argument in sys.argv[1:4])
NUMBER, BY_BINARY = int(sys.argv[4]), int(sys.argv[5])
SESSION_KEYS = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_security_token", "expiration_datetime"}
KEY = "aws_access_key_id = AKIAIOSFODNN7EXAMPLE"
SECRET = "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
DEVICE = "mfa_device_arn = arn:aws:iam::123456789012:mfa/user"
BLANKS = ["\u00a0", "\u3000", "\u2003", "\u2028", "\x85", "\x1c", "\x1f", "\x0b", "\x0c", "\t", " "]

PLAIN = [
    "[a]", "[b]", "[prod]", "[team/dev]", "[key with blanks]", "[a] # c", "region = eu-west-1", "output = json", "unknown = v",
    "# comment", "; comment", "", "   ", "s3 =", "  nested = v", "    deeper", "mfa_serial = x", "mfa_process = a ; b",
    "aws_session_token = old", "aws_security_token = older", "expiration_datetime = 2020-01-01T00:00:00Z", KEY, SECRET,
]
ODD = [
    "[DEFAULT]", "[default]", "[default_sts]", "[a", "[x = 1", "[x : 1", "[]", "[ ]", "[]]", "[ a ]", "[a] ]", "[a]# [x]", "[a]] junk",
    "[default_sts]# [x]", "[ default_sts ]", "[default_sts] ]", " [default_sts]", "  [b]", "no delimiter", "= nothing", ": nothing", "region: x",
    "REGION = y", "aws_access_\u212aey_id = kelvin", " region = z", "\tx", "aws_session_token: t", "AWS_SESSION_TOKEN=t", "k =", "  junk",
    "# ${{{ key=default [auto update by updsts]", "# $}}} [auto update by updsts]", "# ${{{ key=a", "# $}}}", "\t# ${{{ key=b", "#$}}}",
    "# old\r[default_sts]\rregion = r", "# old\raws_session_token = hidden", "# c\r[prod]", "x\ry = z", "\ufeff[a]", "\ufeff", "\u200b[a]",
    "aws_secret_access_key = s\r\r", "aws_security_token = t", "key\x1fname = v", "aws_session_token\x1f= t", "\x00", "% = %(x)s", "#\u2028[a]",
]
BODY = [
    "aws_access_key_id = ASIAOLD", "aws_secret_access_key = old", "aws_session_token = old", "expiration_datetime = 2020-01-01T00:00:00Z",
    "aws_session_token\u3000= C", "\u00a0aws_session_token = C", "aws_session_token\u00a0=\u00a0C", "region = eu-west-1", "# own comment", "",
    "aws_security_token = u", "  more", "AWS_ACCESS_KEY_ID=x", "no delimiter", "k =", "  j = 1", "# x\raws_session_token = y", "[x = 1",
]


def some(source, lines, most):
    return [source.choice(lines) for _ in range(source.randrange(most))]


def distinct(lines):
    """Without headers and keys that are repeated, which botocore rejects."""
    headers, keys = set(), set()
    for line in lines:
        text = line.strip()
        seen, name = (headers, text.split("]")[0]) if text.startswith("[") else (keys, text.replace(":", "=").split("=")[0].strip().lower())
        if "=" not in text + "=" * text.startswith("[") or text.startswith(("#", ";")) or name not in seen:
            seen.add(name)
            yield line
        if text.startswith("["):
            keys = set()


def generated(source, hostile):
    """A file with `[default]` and, more often than not, a block; the more hostile, the odder."""
    pool = PLAIN * 3 + ODD * 2 if hostile else PLAIN
    lines = some(source, pool, 4) if source.random() < 0.3 else []
    lines += ["[default]", KEY, SECRET, DEVICE] + (some(source, PLAIN[-9:-2], 3) if source.random() < 0.3 else [])
    lines += some(source, pool, 6)
    if source.random() < 0.7:
        header = source.choice(["[default_sts]"] * 6 + ["[other]", "[ default_sts ]", "[default_sts] ]", "[default_sts]# [x]", "[default_sts] # c"])
        body = some(source, BODY if hostile else BODY[:4] + BODY[7:11], 8)
        lines += ["# ${{{ key=default [auto update by updsts]", *(some(source, pool, 2) if source.random() < 0.1 else [])]
        lines += ([header] if source.random() < 0.95 else []) + body + ["# $}}} [auto update by updsts]"]
    lines += some(source, pool, 6)
    if source.random() < 0.8:
        lines = list(distinct(lines))
    ending = source.choice(["\n", "\n", "\r\n"])
    text = ""
    for line in lines:
        if hostile and source.random() < 0.06:
            at = source.randrange(len(line) + 1)
            line = line[:at] + source.choice(BLANKS) + line[at:]
        text += line + (ending if not hostile or source.random() < 0.97 else source.choice(["\n", "\r\n", "\r", ""]))
    data = text.encode()
    if hostile and source.random() < 0.02:
        at = source.randrange(len(data) + 1)
        data = data[:at] + bytes([source.randrange(128, 256)]) + data[at:]
    return data[: len(data) - source.randrange(3)] if source.random() < 0.2 else data


class Botocore:
    def __init__(self, folder):
        self.path = Path(folder) / "read"

    def read(self, data):
        """Each section with its values, `None` where botocore rejects the file."""
        self.path.write_bytes(data)
        try:
            return raw_config_parse(str(self.path), parse_subsections=False) if self.accepts() else None
        except ConfigParseError:
            return None

    def accepts(self):
        raw_config_parse(str(self.path))
        return True


class Editor:
    def __init__(self):
        self.process = subprocess.Popen([EDITOR], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, do, data, **more):
        request = {"do": do, "file": data.decode("latin-1"), "source": "default", **more}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def edit(self, do, data, **more):
        """The new bytes, or `None` where the edit is refused."""
        answer = self.ask(do, data, **more)
        return answer["file"].encode("latin-1") if "file" in answer else None


COUNTS = collections.Counter()
FAILED = []


def violation(what, *files):
    FAILED.append(what)
    if len(FAILED) <= 20:
        print(f"FAILED  {what}", *(repr(data) for data in files), sep="\n  ", flush=True)


def block_names(data):
    """The headers that follow begin tags."""
    lines = [line.strip() for line in data.decode(errors="replace").split("\n")]
    inside = False
    for line in lines:
        if line.startswith("#"):
            inside = (inside or "${{{" in line) and "$}}}" not in line
        if inside and line.startswith("["):
            yield line[1:].split("]")[0].strip()


def compare(botocore, what, before, after, token=None, sessions=()):
    """Where botocore read the old file, it reads the new one: every other section alike, the session with its token."""
    old, new = botocore.read(before), botocore.read(after)
    if old is None:
        COUNTS[f"{what}: rejected by botocore before"] += 1
        return
    COUNTS[f"{what}: compared"] += 1
    if new is None:
        violation(f"{what}: botocore rejects the new file", before, after)
        return
    sessions = {"default_sts", *sessions, *block_names(before)}
    name_of = lambda name: name.strip().split("]")[0].strip()
    others = lambda read: {name: values for name, values in read.items() if name_of(name) not in sessions}
    if others(old) != others(new):
        violation(f"{what}: another profile reads differently", before, after)
    if token is not None:
        found = [values for name, values in new.items() if name in sessions and values.get("aws_session_token") == token]
        is_right = len(found) == 1 and "aws_security_token" not in found[0] and found[0].get("aws_access_key_id") == "ASIAIOSFODNN7EXAMPLE"
        if not is_right:
            violation(f"{what}: the session is not read back", before, after)


def model(botocore, editor, data):
    """The second reading is botocore's."""
    theirs, ours = botocore.read(data), editor.ask("read", data)
    COUNTS["read: accepted" if theirs is not None else "read: rejected"] += 1
    if (theirs is None) != ("rejected" in ours):
        violation(f"accepted by one alone: botocore {theirs is not None}, second reading {ours}", data)
    elif theirs is not None and ours["sections"] != theirs:
        violation(f"read differently: {ours['sections']} botocore {theirs}", data)


def in_one_process(botocore, editor, source):
    for number in range(NUMBER):
        data = generated(source, hostile=number % 2 == 1)
        model(botocore, editor, data)
        for name in ["default_sts", "renamed"]:
            once = editor.edit("update", data, session=name, token=f"first{number}==")
            if once is None:
                COUNTS["update: refused"] += 1
                continue
            compare(botocore, "update", data, once, f"first{number}==", [name])
            twice = editor.edit("update", once, session=name, token=f"second{number}")
            if twice is None:
                violation("update: refused the second time", data, once)
                continue
            compare(botocore, "update again", once, twice, f"second{number}", [name])
            cleared = editor.edit("clear", twice)
            if cleared is not None:
                compare(botocore, "clear after update", twice, cleared)
        cleared = editor.edit("clear", data)
        if cleared is not None:
            compare(botocore, "clear", data, cleared)


def by_the_binary(botocore, folder, source):
    mock = subprocess.Popen([MOCK], stdout=subprocess.PIPE, text=True)
    path = Path(folder) / "credentials"
    try:
        environment = {"HOME": folder, "AWS_ENDPOINT_URL_STS": mock.stdout.readline().strip(), "AWS_SHARED_CREDENTIALS_FILE": str(path), "PATH": os.environ["PATH"]}
        run = lambda *arguments: subprocess.run([UPDSTS, *arguments], env=environment, capture_output=True, stdin=subprocess.DEVNULL).returncode
        get = ["get", "-n", "default", "-t", "123456"]
        for number in range(BY_BINARY):
            path.write_bytes(generated(source, hostile=number % 2 == 1))
            path.chmod(0o600)
            for what, arguments in [("get", get), ("get again", get), ("get -sn", [*get, "-sn", "renamed"]), ("clear", ["clear", "-n", "default"]), ("get", get), ("clear --all", ["clear", "--all"])]:
                before = path.read_bytes()
                status = run(*arguments)
                after = path.read_bytes()
                if status != 0:
                    COUNTS[f"binary, {what}: refused with exit {status}"] += 1
                    if after != before:
                        violation(f"{what}: refused, and the file changed", before, after)
                    continue
                compare(botocore, f"binary, {what}", before, after, None, ["renamed"])
                if what.startswith("get"):
                    read = botocore.read(after)
                    if read is not None and not any(name in read and read[name].get("aws_access_key_id", "").startswith("ASIA") for name in ("default_sts", "renamed", *block_names(after))):
                        violation(f"{what}: no session is read back", before, after)
    finally:
        mock.terminate()
        mock.wait()


def main():
    seed = int(os.environ.get("SEED", "20261125"))
    source = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="updsts-editor-") as folder:
        reader = Botocore(folder)
        in_one_process(reader, Editor(), source)
        by_the_binary(reader, folder, source)
    for what, count in sorted(COUNTS.items()):
        print(f"{count:7}  {what}")
    print(f"{len(FAILED)} violations; Python {sys.version.split()[0]}, botocore {botocore.__version__}, seed {seed}")
    compared = COUNTS["update: compared"] >= NUMBER / 5 and COUNTS["clear: compared"] >= NUMBER / 10
    return 0 if compared and not FAILED else 1


sys.exit(main())
