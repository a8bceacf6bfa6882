"""Hostile requests as data: about selections, batches, bodies and lists; the rest is in tests.hostile.wishes."""

from tests.hostile.sent import DEEP, HUGE, LONE, NUL, Asked
from tests.hostile.wishes import datasets, models, people


def selections() -> dict[str, Asked]:
    """Selections that are none; all but the first few name two sound labels."""
    labels = {
        "no labels": ({}, "no_labels"),
        "an empty list of labels": ({"labels": []}, "no_labels"),
        "labels that are text": ({"labels": "1 OR 1=1"}, "bad_filter"),
        "a label of -1": ({"labels": [-1]}, "bad_filter"),
        "a label of 10^30": ({"labels": [HUGE]}, "bad_filter"),
        "a label that is true": ({"labels": [True]}, "bad_filter"),
        "a label that is nothing": ({"labels": [None]}, "bad_filter"),
        "a label that is a list": ({"labels": [[1]]}, "bad_filter"),
        "a label nobody made": ({"labels": [2**31 - 1]}, "unknown_label"),
        "a label twice": ({"labels": ["%(valve)s", "%(valve)s"]}, "label_twice"),
        "a label with something extra": ({"labels": [{"id": "%(valve)s", "admin": True}]}, "unknown_filter"),
        "a label below perhaps": ({"labels": [{"id": "%(valve)s", "below": "perhaps"}]}, "bad_filter"),
        "501 labels": ({"labels": list(range(501))}, "too_many_labels"),
    }
    filters = {
        "a filter of SQL": ({"1=1; DROP TABLE hub_image": 1}, "unknown_filter"),
        "a filter with a NUL": ({"a\0b": 1}, "unknown_filter"),
        "an overlap of a list": ({"overlap": []}, "bad_filter"),
        "an overlap nobody knows": ({"overlap": "' OR ''='"}, "bad_filter"),
        "verified perhaps": ({"verified": "perhaps"}, "bad_filter"),
        "a side of -1": ({"min_side": -1}, "bad_filter"),
        "a side of 2^31": ({"min_side": 2**31}, "bad_filter"),
        "a side of one and a half": ({"min_side": 1.5}, "bad_filter"),
        "a licence nobody has": ({"licences": ["WTFPL"]}, "bad_filter"),
        "licences of numbers": ({"licences": [1]}, "bad_filter"),
        "a country of three letters": ({"countries": ["DEU"]}, "bad_filter"),
        "a country of two NULs": ({"countries": ["\0\0"]}, "bad_filter"),
        "a flag nobody has": ({"without": ["<script>"]}, "bad_filter"),
        "a day of no month": ({"since": "2024-13-01"}, "bad_filter"),
        "a day that is a number": ({"until": 20240101}, "bad_filter"),
        "a day in the year 10000": ({"until": "10000-01-01"}, "bad_filter"),
        "a split that is a list": ({"split": [1]}, "bad_filter"),
        "a split of something else": ({"split": {"evil": 1}}, "unknown_filter"),
        "a share of two": ({"split": {"train": 2}}, "bad_filter"),
        "a share that is not a number": ({"split": {"train": float("nan")}}, "bad_filter"),
        "an infinite share": ({"split": {"train": float("inf")}}, "bad_filter"),
        "half a split": ({"split": {"train": 0.5}}, "shares_do_not_sum"),
        "nothing to train on": ({"split": {"test": 1}}, "no_training_share"),
        "one fold": ({"split": {"folds": 1}}, "bad_filter"),
        "a thousand folds": ({"split": {"folds": 1000}}, "bad_filter"),
        "a seed of -1": ({"split": {"seed": -1}}, "bad_filter"),
        "kept together by planet": ({"split": {"together": "planet"}}, "bad_filter"),
    }
    both = {"labels": ["%(valve)s", "%(tap)s"]}
    asked = labels | {name: (both | extra, code) for name, (extra, code) in filters.items()}
    return {name: Asked("POST /api/v1/selections/preview", 422, code, data) for name, (data, code) in asked.items()}


def batches() -> dict[str, Asked]:
    """Batches nobody can open, and files nobody can send; a place that is nonsense is none, and no mistake."""
    line, sound = "POST /api/v1/batches", {"label": "valve", "licence": "CC0-1.0"}
    fields = {
        "a batch of no label there is": ({"label": "../../etc"}, "unknown_label"),
        "a batch of a NUL": ({"label": NUL}, "unknown_label"),
        "a batch of a label that is a number": ({"label": 1}, "bad_request"),
        "a batch of no licence there is": ({"licence": "GPL"}, "bad_request"),
        "a batch of no precision there is": ({"precision": "exact"}, "bad_request"),
        "a batch with something extra": ({"supplier": 1}, "bad_request"),
        "a batch that perhaps uses the photo's place": ({"use_photo_place": "perhaps"}, "bad_request"),
        "a batch at a place that is a list": ({"place": [48.1, 11.5]}, "bad_request"),
    }
    files, digest = "POST /api/v1/batches/%(batch)s/files", "a" * 64
    form = "POST /batches/%(batch)s/precheck.json"
    known = "POST /api/v1/files/known"
    return {
        **{name: Asked(line, 422, code, sound | extra) for name, (extra, code) in fields.items()},
        "a batch of 10^30": Asked("GET /api/v1/batches/1" + "0" * 30, 404, "not_found"),
        "no file at all": Asked(files, 400, "no_file", {"file": None}),
        "an empty file": Asked(files, 422, "empty", {"file": b""}),
        "a file of more than 20 MiB": Asked(files, 413, "too_large", {"file": bytes((20 << 20) + 1)}),
        "a body of more than a file may be": Asked(files, 413, "too_large", {"file": bytes(21 << 20)}),
        "a digest that is SQL": Asked(files, 400, "bad_digest", {"file": b"x", "sha256": "' OR 1=1 --" + "a" * 53}),
        "a digest of 63 digits": Asked(files, 400, "bad_digest", {"file": b"x", "sha256": digest[1:]}),
        "a digest in wide digits": Asked(files, 400, "bad_digest", {"file": b"x", "sha256": "１" * 64}),
        "another file's digest": Asked(files, 422, "changed_on_the_way", {"file": b"x", "sha256": digest}),
        "a file under no label there is": Asked(files, 422, "unknown_label", {"file": b"x", "label": "valve\0"}),
        "a file for somebody else's batch": Asked(
            "POST /api/v1/batches/%(theirs)s/files", 404, "not_found", {"file": b"x"}
        ),
        "digests that are text": Asked(known, 422, "bad_request", {"label": "valve", "sha256": digest}),
        "a digest among digests that is none": Asked(known, 400, "bad_digest", {"label": "valve", "sha256": ["x"]}),
        "501 digests": Asked(known, 422, "bad_request", {"label": "valve", "sha256": [digest] * 501}),
        "files that are a number": Asked(form, 400, "bad_request", {"files": 1}),
        "files that are numbers": Asked(form, 400, "bad_request", {"files": [1]}),
        "a file whose name is a list": Asked(form, 400, "bad_request", {"files": [{"filename": []}]}),
        "a file whose digest is a number": Asked(form, 400, "bad_request", {"files": [{"filename": "a", "sha256": 1}]}),
        "a file whose digest is none": Asked(form, 400, "bad_digest", {"files": [{"filename": "a", "sha256": "x"}]}),
        "more files than a batch holds": Asked(form, 400, "bad_request", {"files": [{"filename": "a"}] * 51}),
    }


def bodies() -> dict[str, Asked]:
    """Bodies that are no JSON object of text the database takes."""
    text = {
        "nothing": "",
        "no JSON": "{",
        "a list": "[]",
        "a text": '"x"',
        "a lone surrogate": '{"name":' + LONE + "}",
        "depth without end": DEEP,
        "a number of 5000 digits": '{"labels":' + "9" * 5000 + "}",
        "half of UTF-8": "\xff",
    }
    lines = ("POST /api/v1/selections/preview", "POST /review/questions.json")
    return {
        f"{name}, to {line.split('/')[-1]}": Asked(line, 400, "bad_request", body.encode("latin-1"))
        for name, body in text.items()
        for line in lines
    } | {"nothing, to preview": Asked(lines[0], 422, "bad_request", b"")}


def lists() -> dict[str, Asked]:
    """Lists asked with what is no filter, and with cursors that are none of ours: those begin at the beginning."""
    cursors = ("-1", "x", "9" * 30, "1 OR 1=1", "²", "1.5")
    return {
        **{f"images before {one!r}": Asked("GET /api/v1/images", 200, data={"before": one}) for one in cursors},
        **{f"labels after {one!r}": Asked("GET /api/v1/labels", 200, data={"after": one}) for one in (*cursors, "9.x")},
        **{f"wishes after {one!r}": Asked("GET /api/v1/wanted", 200, data={"after": one}) for one in cursors},
        "members after x": Asked("GET /api/v1/versions/%(version)s/members", 422, "bad_request", {"after": "x"}),
        "members after 10^30": Asked("GET /api/v1/versions/%(version)s/members", 200, data={"after": str(HUGE)}),
        "images by no filter": Asked("GET /api/v1/images", 422, "unknown_filter", {"order": "random()"}),
        "images under no label": Asked("GET /api/v1/images", 422, "unknown_label", {"label": "'; --"}),
        "images of no licence": Asked("GET /api/v1/images", 422, "bad_filter", {"licence": "GPL"}),
        "images of no country": Asked("GET /api/v1/images", 422, "bad_filter", {"country": "<b>"}),
        "images of no flag": Asked("GET /api/v1/images", 422, "bad_filter", {"flag": "evil"}),
        "images drawn perhaps": Asked("GET /api/v1/images", 422, "bad_filter", {"drawn": "perhaps"}),
        "a NUL in an address": Asked("GET /labels.json", 400, "bad_request", {"q": "va\0lve"}),
        "labels like a pattern": Asked("GET /labels.json", 200, data={"q": "%_\\(["}),
        "labels like ten thousand letters": Asked("GET /labels.json", 200, data={"q": "(a+)+$" * 1700}),
        "an image of 10^30 digits": Asked("GET /api/v1/images/" + "1" * 1000, 404, "not_found"),
        "an image above the folder": Asked("GET /api/v1/images/..%%2f..%%2fetc", 404, "not_found"),
        "a job of 10^30": Asked("GET /api/v1/jobs/1" + "0" * 30, 404, "not_found"),
        "a job that is a word": Asked("GET /api/v1/jobs/x", 422, "bad_request"),
        "a label with a NUL": Asked("GET /api/v1/labels/%%00", 404, "unknown_label"),
    }


REQUESTS: dict[str, Asked] = {
    **selections(),
    **batches(),
    **bodies(),
    **lists(),
    **datasets(),
    **models(),
    **people(),
}
