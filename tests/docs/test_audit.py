"""`.ci/audit` is never silent: where nothing was looked up, it says so."""

import os
import subprocess
from pathlib import Path

AUDIT = Path(__file__).resolve().parents[2] / ".ci" / "audit"


def test_an_audit_that_cannot_be_installed_says_so(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    answer = subprocess.run([AUDIT], env=os.environ | {"PATH": path}, capture_output=True, text=True, check=False)
    assert answer.returncode == 3
    assert answer.stderr == "audit: pip-audit could not be installed; nothing was looked up\n"
