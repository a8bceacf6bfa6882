"""`dih`, the command line."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import BadZipFile

import httpx

from dih import download, local, look, sync, train, upload, verify
from dih.failures import AWAY, STOPPED, USAGE, Failure
from dih.hub import Hub, away
from dih.said import Said

LICENCES = ("CC0-1.0", "CC-BY-4.0", "CC-BY-SA-4.0")
FORMATS = ("imagefolder", "coco", "webdataset", "parquet")
SIZES = ("224", "299", "1024", "original")
BACKBONES = ("vgg16", "vgg19", "inceptionv3", "xception", "scratch")
METHODS = ("probe", "transfer", "finetune", "full")
HUB = "http://127.0.0.1:8000"
EXITS = """exit codes: 0 done, 1 differences or damage found, 2 wrong usage, 3 not found or not allowed,
4 the hub was not reached, 5 refused by the hub, 130 interrupted (run again to go on)"""


def parser() -> argparse.ArgumentParser:
    """What may be asked."""
    alone = argparse.ArgumentParser(add_help=False)
    alone.add_argument("--json", action="store_true", help="tell the result as JSON, and nothing else")
    shared = argparse.ArgumentParser(add_help=False, parents=[alone])
    shared.add_argument("--hub", default=os.environ.get("DIH_HUB", HUB), help="its address (DIH_HUB)")
    shared.add_argument("--token", default=os.environ.get("DIH_TOKEN", ""), help="better in the environment: DIH_TOKEN")
    whole = argparse.ArgumentParser("dih", description="Deep Images Hub from the command line.", epilog=EXITS)
    commands = whole.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, act: Callable, help: str, hub: bool = True) -> argparse.ArgumentParser:
        parents = [shared if hub else alone]
        made = commands.add_parser(name, parents=parents, help=help, description=f"{help.capitalize()}.")
        made.set_defaults(act=act, asks=hub)
        return made

    _looking(command)
    _giving(command("upload", upload.upload, "give a folder of photos"))
    _fetching(command)
    _training(command("train", train.train, "train a model on a folder of label folders, without a hub", hub=False))
    _predicting(command("predict", local.predict, "say what photos show, without a hub", hub=False))
    return whole


def _looking(command: Callable[..., argparse.ArgumentParser]) -> None:
    labels = command("labels", look.labels, "find labels")
    labels.add_argument("query", nargs="?", default="")
    labels.add_argument("--under", default="", help="only the kinds of this label")
    labels.add_argument("--limit", type=int, default=1000)
    denied = command("negatives", look.negatives, "list images verified not to show a label")
    denied.add_argument("label", type=slug, help="a label's slug")
    denied.add_argument("--limit", type=int, default=1000)
    listed = command("datasets", look.datasets, "list datasets")
    listed.add_argument("--mine", action="store_true")
    freeze = command("freeze", look.freeze, "freeze a dataset into a version, and wait")
    freeze.add_argument("dataset", type=int, help="its number")
    diff = command("diff", look.diff, "compare two versions")
    for name in ("a", "b"):
        _version(diff, name)
    diff.add_argument("--changes", action="store_true", help="name the images")


def _giving(command: argparse.ArgumentParser) -> None:
    command.add_argument("dir", type=Path)
    command.add_argument("--label", required=True, help="what the photos show: a label's slug")
    command.add_argument("--licence", required=True, choices=LICENCES)
    command.add_argument("--precision", choices=("open", "region", "hidden"), default="open")
    command.add_argument("--place", default="", help="where they were taken: coordinates or a town")
    command.add_argument("--photo-place", action="store_true", help="use the place stored in each photo")
    command.add_argument("--no-wait", action="store_true", help="do not wait for the answers")


def _fetching(command: Callable[..., argparse.ArgumentParser]) -> None:
    fetch = command("download", download.download, "fetch a version as an archive")
    _version(fetch)
    fetch.add_argument("--format", choices=FORMATS, default="imagefolder", help="imagefolder unless told")
    fetch.add_argument("--out", type=Path, default=Path(), help="the folder it goes to (this one unless told)")
    fetch.add_argument("--resume", action="store_true", help="go on with a download that broke off")
    fetch.add_argument("--unpack", action="store_true", help="unpack it beside itself")
    check = command("verify", verify.verify, "check an unpacked archive")
    _version(check)
    check.add_argument("dir", type=Path)
    check.add_argument("--allow-extra", action="store_true", help="other files beside it are fine")
    keep = command("sync", sync.sync, "make a folder equal to a version")
    _version(keep)
    keep.add_argument("dir", type=Path)
    for one in (fetch, keep):
        one.add_argument("--size", choices=SIZES, default="224", help="shorter side of the pictures (224 unless told)")


def _training(command: argparse.ArgumentParser) -> None:
    command.add_argument("dir", type=Path, help="holds a folder of photos for each label")
    command.add_argument("--out", type=Path, required=True, help="the model's folder; run again to go on")
    command.add_argument("--backbone", choices=BACKBONES, default="vgg16", help="vgg16 unless told")
    command.add_argument("--method", choices=METHODS, default="finetune", help="finetune unless told")
    command.add_argument("--epochs", type=positive, default=20, help="at most so many of each phase (20 unless told)")
    command.add_argument("--seed", type=int, default=7)
    command.add_argument("--weights", type=Path, help="folder of pretrained weights (Keras fetches them unless told)")
    command.add_argument("--weights-sha256", default="", help="take weights of your own, of this digest")


def _predicting(command: argparse.ArgumentParser) -> None:
    command.add_argument("model", type=Path, help="a model's folder, a .tflite, or a .keras")
    command.add_argument("photos", type=Path, nargs="+", help="photos, and folders of them")
    command.add_argument("--csv", type=Path, help="write a table here")
    command.add_argument("--top", type=positive, default=3, help="so many labels of each (3 unless told)")
    command.add_argument("--trust", action="store_true", help="open a .keras file, which can run code")


def positive(text: str) -> int:
    """A number of things. Raises ValueError for what can be none."""
    if (number := int(text)) < 1:
        raise ValueError(text)
    return number


def _version(command: argparse.ArgumentParser, name: str = "id") -> None:
    command.add_argument(name, type=version_id, help="a version's id, or eight of its first digits or more")


def slug(text: str) -> str:
    """The slug of a label. Raises ValueError for what can be none."""
    if not re.fullmatch(r"[\w-]+", text):
        raise argparse.ArgumentTypeError("a slug is of letters, digits and dashes")
    return text


def version_id(text: str) -> str:
    """The id of a version. Raises ValueError for what can be none."""
    if not re.fullmatch(r"[0-9a-f]{8,64}", text):
        raise argparse.ArgumentTypeError("an id is 8 to 64 hexadecimal digits in small letters")
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what is asked; the exit code."""
    asked = parser().parse_args(arguments)
    said = Said(asked.json)
    try:
        if not asked.asks:
            return asked.act(said, asked)
        with Hub(asked.hub, asked.token) as hub:
            return asked.act(hub, said, asked)
    except Failure as failure:
        return said.failed(failure)
    except (httpx.RequestError, httpx.InvalidURL) as error:
        return said.failed(away(asked.hub, error))
    except OSError as error:
        return said.failed(Failure(USAGE, "no_file", f"{error}."))
    except (ValueError, TypeError, LookupError, AttributeError, EOFError, RecursionError, BadZipFile) as error:
        if not asked.asks:
            raise
        # Exit code 1 says that things differ; an answer that no hub of ours gives is another matter.
        title = f"What came was not understood: {type(error).__name__}: {error}."
        return said.failed(Failure(AWAY, "not_understood", title, "Check --hub or DIH_HUB."))
    except KeyboardInterrupt:
        return said.failed(Failure(STOPPED, "interrupted", "Interrupted.", "Run it again to go on."))


def run() -> None:
    """The console script."""
    sys.exit(main())


if __name__ == "__main__":
    run()
