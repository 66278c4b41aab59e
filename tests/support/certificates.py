"""A certificate that signs itself, so that a test can serve https from loopback."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def certified(folder: Path) -> tuple[Path, Path]:
    """Return the paths of a certificate for 127.0.0.1 and of its key; without openssl the test is skipped."""
    import pytest  # which benchmarks do without

    openssl = shutil.which("openssl")
    if not openssl:
        pytest.skip("openssl is not installed: no certificate to test https with")
    cert, key = folder / "cert.pem", folder / "key.pem"
    made = subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        capture_output=True,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("openssl cannot make a certificate here")
    return cert, key
