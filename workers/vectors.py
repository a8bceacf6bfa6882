"""Vectors of pictures in Postgres, and the search for those most like one: by pgvector, or by comparing all here."""

from collections.abc import Iterator, Sequence

import numpy as np
from django.db import connection, transaction

from hub import sql

BLOCK = 10_000  # vectors in memory at once: 20 MB of 512 numbers
Found = list[tuple[int, int, float]]  # image, another like it, their cosine
Vectors = dict[int, np.ndarray]  # by image, float32 (width,) of length 1
Groups = dict[int, set[int]]  # the images of an image's group
Best = dict[int, dict[int, float]]  # the images found so far for each, with their cosines


def in_postgres() -> bool:
    """Whether this hub's Postgres keeps vectors as such, and can compare them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format_type(atttypid, NULL) = 'halfvec' FROM pg_attribute"
            " WHERE attrelid = 'hub_embedding'::regclass AND attname = 'vector'"
        )
        return bool(cursor.fetchone()[0])


def normal(vector: np.ndarray) -> np.ndarray | None:
    """The vector at length 1; None of one that has no direction."""
    length = float(np.linalg.norm(vector))
    return vector / length if np.isfinite(length) and length else None


def put(backbone: str, weights: str, vectors: dict[int, np.ndarray | None]) -> None:
    """Keep vectors of length 1 by their images, in place of those there were; of withdrawn images nothing.

    None: there is none to be had, and it is not asked for again. Inside the catalogue's lock.
    """
    written = _text if in_postgres() else _bytes
    kept = {image: None if vector is None else written(vector) for image, vector in vectors.items()}
    named = [{"image": image, "backbone": backbone, "weights": weights, "vector": one} for image, one in kept.items()]
    with connection.cursor() as cursor:
        cursor.executemany(sql.load("queries/keep_vector"), named)


def _text(vector: np.ndarray) -> str:
    return "[" + ",".join(f"{number:.5g}" for number in vector) + "]"


def _bytes(vector: np.ndarray) -> bytes:
    return vector.astype(">f2").tobytes()


def nearest(vectors: Vectors, weights: str, most: int) -> Found:
    """The `most` images most like each of these by cosine, none of its own group, the most similar first.

    Of those kept (by the same weights) and of these themselves, which need not be kept yet.
    """
    ours = {row["image"]: set(row["members"]) for row in sql.rows("group_members", images=list(vectors))}
    vectors = {image: vector for image, vector in vectors.items() if image in ours}  # the others were withdrawn
    if not vectors:
        return []
    best: Best = {image: {} for image in vectors}
    _compare(best, vectors, np.array(list(vectors)), np.stack(list(vectors.values())), ours, most)
    (_ask_postgres if in_postgres() else _read_all)(best, vectors, ours, weights, most)
    return [(image, other, cosine) for image, found in best.items() for other, cosine in _first(found, most)]


def _first(found: dict[int, float], most: int) -> list[tuple[int, float]]:
    return sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:most]


def _ask_postgres(best: Best, vectors: Vectors, ours: Groups, weights: str, most: int) -> None:
    """By the index, which finds all but a few of a hundred, or by all rows: as the planner thinks is quicker."""
    with connection.cursor() as cursor:
        cursor.execute("SET hnsw.ef_search = 100")
        cursor.execute("SET hnsw.iterative_scan = strict_order")  # until there are enough that are not of its group
    for image, vector in vectors.items():
        asked = {"vector": _text(vector), "width": len(vector), "weights": weights, "most": most}
        rows = sql.rows("nearest", **asked, ours=list(ours[image]))
        best[image].update({row["image"]: row["similarity"] for row in rows})


def _read_all(best: Best, vectors: Vectors, ours: Groups, weights: str, most: int) -> None:
    """By reading every vector there is once, in blocks; the best of each go on into the next block."""
    for ids, block in blocks(weights):
        _compare(best, vectors, ids, block, ours, most)


def _compare(best: Best, vectors: Vectors, ids: np.ndarray, block: np.ndarray, ours: Groups, most: int) -> None:
    similar = np.stack(list(vectors.values())) @ block.T
    for image, row in zip(vectors, similar, strict=True):
        row[np.isin(ids, list(ours[image]))] = -np.inf
        top = np.argpartition(-row, min(most, len(ids)) - 1)[:most]
        best[image].update({int(ids[n]): float(row[n]) for n in top if np.isfinite(row[n])})
        best[image] = dict(_first(best[image], most))


def blocks(weights: str, size: int = BLOCK) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Images (n,) and their vectors, float32 (n, width), so many at a time: memory stays flat."""
    question = _numbers() + " FROM hub_embedding WHERE weights_sha256 = %s AND vector IS NOT NULL"
    with transaction.atomic(), connection.cursor() as plain, plain.connection.cursor("vectors") as cursor:
        cursor.itersize = size
        cursor.execute(question, [weights])
        while rows := cursor.fetchmany(size):
            yield _matrix(rows)


def _numbers() -> str:
    """Images and the bytes of their vectors: half floats, the most significant byte first."""
    return "SELECT image_id, " + ("substr(halfvec_send(vector), 5)" if in_postgres() else "vector")


def _matrix(rows: Sequence[tuple[int, bytes]]) -> tuple[np.ndarray, np.ndarray]:
    numbers = np.frombuffer(b"".join(bytes(row[1]) for row in rows), ">f2").astype(np.float32)
    return np.array([row[0] for row in rows]), numbers.reshape(len(rows), -1)
