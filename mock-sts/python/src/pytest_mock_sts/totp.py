"""Time-based codes (RFC 6238) as AWS's devices show them: SHA-1, six digits, steps of 30 seconds."""

import base64
import hashlib
import hmac
import secrets
import struct
import time

STEP_SECONDS = 30
# The mock accepts the code of the step before and after, too.
TOLERATED = (0, 1, -1)


class Device:
    """An MFA device that shows no code twice, since AWS accepts none twice."""

    def __init__(self):
        self.secret = base64.b32encode(secrets.token_bytes(20)).decode()
        self._shown = set()

    def code(self):
        while True:
            now = int(time.time()) // STEP_SECONDS
            for step in (now + offset for offset in TOLERATED):
                if step not in self._shown:
                    self._shown.add(step)
                    return self._code_of(step)
            time.sleep(STEP_SECONDS - time.time() % STEP_SECONDS)

    def _code_of(self, step):
        digest = hmac.new(base64.b32decode(self.secret), struct.pack(">Q", step), hashlib.sha1).digest()
        offset = digest[-1] & 15
        number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
        return f"{number % 1000000:06}"
