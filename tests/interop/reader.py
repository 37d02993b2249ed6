"""The reader of updsts against botocore's, on generated credentials files (FILE-1).

Arguments: the path of updsts, and how many files are tried. Where botocore accepts a file, the values of
each profile that `updsts list --json` shows are those that botocore reads. Prints a line for each
disagreement and the sums at the end. What docs/SPEC.md says is read otherwise is not generated.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from botocore.configloader import raw_config_parse
from botocore.exceptions import ConfigParseError

UPDSTS = str(Path(sys.argv[1]).resolve())
NUMBER = int(sys.argv[2]) if len(sys.argv) > 2 else 1500
SHOWN = ["aws_access_key_id", "mfa_device_arn", "totp_secret_name", "expiration_datetime"]
KEYS = [*SHOWN, *SHOWN, "aws_secret_access_key", "aws_session_token", "region", "unknown", "AWS_ACCESS_KEY_ID"]
VALUES = [
    "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "arn:aws:iam::123456789012:mfa/user", "2026-11-24T12:43:07+09:00",
    "a b", "a=b", "a:b", "x#y", "x;y", "100%", "%(x)s", "a/b+c==", "[x]", "",
]
HEADERS = ["[default]", "[a]", "[b]", "[a.b]", "[team/dev]", "[a@b]", "[key with blanks]", "[profile a]", "[a]  # c", "[a] ; c"]
OTHERS = ["# c", "; c", "", "   ", "  nested = v", "  deeper", "\tx", "no delimiter", "# ${{{ key=a [auto update by updsts]", "# $}}}"]
EQUALS = ["=", " = ", "=  ", " =\t", "\t= "]


def generated(random):
    lines = ["[first]"] if random.random() < 0.9 else []
    for _ in range(random.randrange(14)):
        kind = random.random()
        if kind < 0.6:
            lines.append(random.choice(KEYS) + random.choice(EQUALS) + random.choice(VALUES))
        elif kind < 0.8:
            lines.append(random.choice(HEADERS))
        else:
            lines.append(random.choice(OTHERS))
    ending = "\r\n" if random.random() < 0.2 else "\n"
    return ending.join(lines) + random.choice([ending, ""])


def botocores(path):
    """Each profile with what is shown of it; `None` where botocore rejects the file."""
    try:
        profiles = raw_config_parse(str(path), parse_subsections=True)
    except ConfigParseError:
        return None
    read = {}
    for name, values in profiles.items():
        text = {key: value for key, value in values.items() if isinstance(value, str)}
        read[name] = {key: text.get(key) or None for key in SHOWN}
    return read


def ours(path):
    ended = subprocess.run([UPDSTS, "list", "--json", "-c", str(path)], capture_output=True, text=True, env={"HOME": "/"})
    if ended.returncode != 0:
        raise SystemExit(f"updsts: {ended.stderr}")
    return json.loads(ended.stdout)


def disagreements(path, theirs):
    listed = {profile["profile_name"]: profile for profile in ours(path)}
    if list(listed) != list(theirs):
        yield f"profiles {list(listed)}, botocore {list(theirs)}"
        return
    for name, values in theirs.items():
        for key, value in values.items():
            own = listed[name][key]
            # What is shown of an odd value is cleaned: whether there is one is compared.
            # An id of a key in another line than its own looks like a seed, and is not shown.
            is_id = value is not None and value.endswith("EXAMPLE")
            is_shown = is_id if key == "aws_access_key_id" else value is not None and value.isprintable() and not is_id
            is_plain = value is None or is_shown
            is_same = own == value if is_plain else own is not None
            if not is_same:
                yield f"[{name}] {key}: {own!r}, botocore {value!r}"


def main():
    source = random.Random(20261124)
    tried = rejected = failed = 0
    with tempfile.TemporaryDirectory(prefix="updsts-reader-") as folder:
        path = Path(folder) / "credentials"
        for _ in range(NUMBER):
            path.write_bytes(generated(source).encode())
            os.utime(path, (1, 1))
            theirs = botocores(path)
            if theirs is None:
                # It is read all the same, with a warning.
                ours(path)
                rejected += 1
                continue
            tried += 1
            for found in disagreements(path, theirs):
                failed += 1
                if failed <= 20:
                    print(f"FAILED  {found}\n{path.read_bytes()!r}", flush=True)
    print(f"{tried - failed} files are read alike, {failed} differences; {rejected} more are rejected by botocore")
    return 1 if failed or tried < NUMBER / 4 else 0


sys.exit(main())
