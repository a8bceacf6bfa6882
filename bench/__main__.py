"""`python -m bench` lists the benchmarks; `python -m bench NAME [args]` runs one."""

import importlib
import pkgutil
import sys

import bench

NAMES = sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_"))


def main(argv: list[str]) -> int:
    if not argv:
        for name in NAMES:
            summary = (importlib.import_module(f"bench.{name}").__doc__ or "").strip().partition("\n")[0]
            print(f"{name:12}{summary}")
        return 0
    if argv[0] not in NAMES:
        print(f"No benchmark {argv[0]}. There are: {', '.join(NAMES)}", file=sys.stderr)
        return 2
    importlib.import_module(f"bench.{argv[0]}").run(argv[1:])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
