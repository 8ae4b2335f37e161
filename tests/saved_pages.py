"""What the script of a saved page holds."""

import base64
import gzip
import re


def script_of(page: str) -> str:
    """The front end and the call that shows the data."""
    packed = re.search(r'atob\("([A-Za-z0-9+/=]+)"\)', page)
    assert packed is not None
    return gzip.decompress(base64.b64decode(packed.group(1))).decode()
