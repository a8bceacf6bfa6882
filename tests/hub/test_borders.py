"""Imports run one way: views, admin and commands → workers → domain → models, storage, sql."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OUTER = {"admin", "apps", "urls", "wsgi", "api", "settings"}
DOMAIN = sorted(path for path in (ROOT / "hub").glob("*.py") if path.stem not in OUTER)
ROOMS = ("demand", "moderation", "operations", "people", "reviewing")
DOMAIN += sorted(path for room in ROOMS for path in (ROOT / "hub" / room).glob("*.py"))
MODELS = sorted((ROOT / "hub" / "models").glob("*.py"))
VIEWS = sorted((ROOT / "hub" / "views").glob("*.py"))
API = sorted((ROOT / "hub" / "api").glob("*.py"))
ALONE = [ROOT / "workers" / "geocoding.py", *sorted((ROOT / "workers" / "imaging").rglob("*.py"))]
ALONE += sorted((ROOT / "workers" / "drawings").rglob("*.py"))
ALONE += sorted((ROOT / "workers" / "archives").rglob("*.py"))
ALONE += sorted((ROOT / "workers" / "backbones").rglob("*.py"))
LEARNING = {"album", "likeness", "local", "written"}  # of the client: imported when it trains or predicts
TASKS = [path for path in (ROOT / "workers").glob("*.py") if path.stem not in {"__init__", "geocoding", "gazetteer"}]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imported(path: Path) -> set[str]:
    """Every module a file imports, wherever in it; `from a import b` counts as a and a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def packages(path: Path) -> set[str]:
    return {module.split(".")[0] for module in imported(path)}


@pytest.mark.parametrize("path", [*DOMAIN, *MODELS], ids=name)
def test_the_domain_knows_no_workers_and_no_celery(path):
    assert not packages(path) & {"workers", "celery", "kombu"}


@pytest.mark.parametrize("path", [*DOMAIN, *MODELS], ids=name)
def test_the_domain_knows_no_views(path):
    outside = ("hub.views", "hub.api", "hub.admin", "hub.forms")
    assert not {module for module in imported(path) if module.startswith(outside)}


@pytest.mark.parametrize("path", MODELS, ids=name)
def test_models_know_only_models(path):
    ours = {module for module in imported(path) if module.startswith("hub.")}
    assert all(module.startswith("hub.models") for module in ours)


@pytest.mark.parametrize("path", ALONE, ids=name)
def test_what_reads_and_draws_pictures_and_places_knows_nothing_of_ours(path):
    assert not packages(path) & {"hub", "django", "celery"}
    assert not {module for module in imported(path) if module.startswith("workers.") and "gazetteer" not in module}


@pytest.mark.parametrize("path", TASKS, ids=name)
def test_tasks_know_no_views(path):
    outside = ("hub.views", "hub.api", "hub.admin", "hub.management")
    assert not {module for module in imported(path) if module.startswith(outside)}


@pytest.mark.parametrize("path", [*DOMAIN, *MODELS, *VIEWS, *API], ids=name)
def test_pictures_are_the_workers_matter(path):
    assert not packages(path) & {"PIL", "cv2", "numpy", "simplejpeg", "pdqhash", "tensorflow"}


def test_the_client_stands_alone():
    for path in sorted((ROOT / "client" / "dih").glob("*.py")):
        learning = {"numpy", "PIL", "keras"} if path.stem in LEARNING else set()
        assert not packages(path) & {"hub", "workers", "django"}, path
        assert not packages(path) - {*sys.stdlib_module_names, "dih", "httpx", "tqdm"} - learning, path


def test_the_client_looks_at_the_hub_without_what_it_learns_with():
    program = "import sys, dih.__main__; print(sorted({'numpy', 'PIL', 'keras', 'dih.backbones'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT / "client")
    assert done.stdout.strip() == "[]", done.stderr


def test_the_web_process_loads_nothing_heavy():
    program = (
        "import sys, django; django.setup(); import hub.urls, hub.wsgi;"
        "print(sorted({m.split('.')[0] for m in sys.modules}"
        " & {'numpy', 'PIL', 'cv2', 'tensorflow', 'keras', 'ai_edge_litert', 'simplejpeg', 'pdqhash', 'pillow_heif'}))"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "hub.settings", "PATH": "", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_a_worker_starts_by_importing_its_app():
    """The admin, which Django loads, rings too: that must not be a circle."""
    environment = {"PATH": "", "PYTHONPATH": str(ROOT)}
    program = "from workers.celery import app; print(app.main)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment, cwd=ROOT)
    assert done.stdout.strip() == "workers", done.stderr
