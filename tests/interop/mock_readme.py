#!/usr/bin/env python3
"""The commands of mock-sts/README.md, as they stand there, print what stands there; `…` is anything.

    python mock_readme.py PATH_OF_MOCK_STS
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from mock_clients import Checks, forget_own_settings

README = Path(__file__).parent.parent.parent / "mock-sts" / "README.md"
END = "-- end of the command --"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README.read_text(), re.DOTALL | re.MULTILINE)


def commands(block):
    """Each command of a block, with what it prints."""
    parts = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [tuple(part.split("\n", 1)) for part in parts]


def run(block, folder, path):
    """What each command prints, all in one shell."""
    script = "".join(f"{command}\nsleep 0.3; echo '{END}'\n" for command, _ in commands(block))
    script += "kill $(jobs -p) 2>/dev/null\n"
    variables = {**os.environ, "PATH": path}
    done = subprocess.run(
        ["bash"], input=script, cwd=folder, env=variables, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=120,
    )
    return done.stdout.split(f"{END}\n")


def is_as_shown(text, shown):
    pattern = ".*".join(re.escape(part) for part in shown.strip().split("…"))
    return re.fullmatch(pattern, text.strip(), re.DOTALL)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    forget_own_settings()
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        os.environ[name] = os.devnull
    path = os.pathsep.join([str(Path(sys.argv[1]).parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder:
        [users] = blocks("toml")
        (Path(folder) / "users.toml").write_text(users)
        for block in blocks("console"):
            for (command, shown), text in zip(commands(block), run(block, folder, path)):
                checks.report(command[:100], None if is_as_shown(text, shown) else repr(text))
    return checks.end()


if __name__ == "__main__":
    sys.exit(main())
