"""Get uv into a folder, with nothing but Python's standard library: `python3 tools/get_uv.py FOLDER`.

By pip in a virtual environment where the system has both; else straight from the package index, because
Debian leaves pip and ensurepip out of its python3. The index is the one pip or uv is told of.
"""

import base64
import configparser
import hashlib
import io
import os
import platform
import ssl
import subprocess
import sys
import urllib.parse
import urllib.request
import zipfile
from html.parser import HTMLParser
from pathlib import Path

VERSION = "0.13.8"
PYPI = "https://pypi.org/simple"


def main(folder: Path) -> None:
    """Put an executable `bin/uv` into `folder`."""
    if not by_pip(folder):
        by_hand(folder)
    (folder / ".gitignore").write_text("*\n")
    print(f"uv {VERSION} is in {folder}")


def by_pip(folder: Path) -> bool:
    venv = [sys.executable, "-m", "venv", str(folder)]
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", f"uv=={VERSION}"]
    return all(subprocess.run(command, capture_output=True).returncode == 0 for command in (venv, pip))


def by_hand(folder: Path) -> None:
    page = configured("index-url", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "PIP_INDEX_URL") or PYPI
    page = f"{page.rstrip('/')}/uv/"
    url, _, digest = wheel_url(page).partition("#sha256=")
    wheel = fetch(url)
    if hashlib.sha256(wheel).hexdigest() != digest:
        sys.exit(f"{url} is not what its index promised: stopped.")
    binary = folder / "bin" / "uv"
    binary.parent.mkdir(parents=True, exist_ok=True)
    binary.write_bytes(zipfile.ZipFile(io.BytesIO(wheel)).read(f"uv-{VERSION}.data/scripts/uv"))
    binary.chmod(0o755)


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href"]


def wheel_url(page: str) -> str:
    links = Links()
    links.feed(fetch(page).decode())
    wheels = [urllib.parse.urljoin(page, link) for link in links.found if f"/uv-{VERSION}-py3" in f"/{link}"]
    for url in wheels:
        if all(word in url for word in this_machine()) and "#sha256=" in url:
            return url
    sys.exit(f"{page} has no uv {VERSION} for {' '.join(this_machine())}. Install uv, then try again.")


def this_machine() -> tuple[str, str]:
    """Words in the name of a wheel for this machine."""
    if sys.platform == "darwin":
        return "macosx", platform.machine()
    return "manylinux" if platform.libc_ver()[0] == "glibc" else "musllinux", platform.machine()


def fetch(url: str) -> bytes:
    """Download, with the certificates pip uses and the credentials the address carries."""
    parts = urllib.parse.urlsplit(url)
    bare = urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.split("@")[-1]))
    request = urllib.request.Request(bare)  # noqa: S310 - the address a person configured
    if parts.username:
        user = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_header("Authorization", f"Basic {base64.b64encode(user.encode()).decode()}")
    trusted = ssl.create_default_context(cafile=configured("cert", "PIP_CERT") or None)
    with urllib.request.urlopen(request, timeout=120, context=trusted) as answer:  # noqa: S310
        return answer.read()


def configured(option: str, *variables: str) -> str:
    """A setting of pip's: from the environment, else from its configuration files."""
    for variable in variables:
        if os.environ.get(variable):
            return os.environ[variable]
    files = configparser.ConfigParser(interpolation=None)
    places = ["/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf"]
    files.read([os.path.expanduser(place) for place in (*places, os.environ.get("PIP_CONFIG_FILE", ""))])
    return files.get("global", option, fallback="")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
