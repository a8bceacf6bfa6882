"""Tables on a terminal, and the last line every benchmark ends with."""

from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print rows under a head, every column as wide as its widest cell; numbers stand right."""
    cells = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    for number, row in enumerate(cells):
        print(
            "  ".join(
                cell.ljust(width) if not column else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )
        if not number:
            print("  ".join("-" * width for width in widths))


def headline(name: str, figure: object, unit: str, goal: object) -> None:
    """The line a reader looks for, last."""
    print(f"{name}: {figure} {unit} (goal {goal})")
