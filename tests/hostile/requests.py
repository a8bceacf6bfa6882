"""Hostile requests as data: who asks what, and the one status and code it must get."""

import json
from typing import Any, NamedTuple

NUL, LONE, DEEP = "\0", '"\\ud800"', "[" * 100_000
HUGE = 10**30


class Asked(NamedTuple):
    """One request and its answer. `line` is a method and an address, `%(…)s` filled from the house.

    Addresses of /api/ are asked with a token, all others by a browser that takes JSON. `code` is "" where there is no
    problem to name: 200 and 201 say that nonsense was overlooked on purpose, 422 alone is a form with its mistakes.
    """

    line: str
    status: int
    code: str = ""
    data: Any = None
    headers: dict[str, str] = {}


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


def datasets() -> dict[str, Asked]:
    """Datasets, versions, archives and their parts."""
    named, version = {"selection": {"labels": ["%(valve)s", "%(tap)s"]}}, "/api/v1/versions/%(version)s"
    fetch = "GET %(link)s"
    whole = ("bytes=5-2", "bytes=-", "bytes=a-b", "bytes=0-0,5-9", "bytes=1-2-3", f"bytes=0-{HUGE}", "lines=1-2")
    return {
        "a dataset of no name": Asked("POST /api/v1/datasets", 422, "dataset_name", named | {"name": " \u00a0 "}),
        "a dataset of a name of 101": Asked("POST /api/v1/datasets", 422, "dataset_name", named | {"name": "a" * 101}),
        "a dataset of a NUL": Asked("POST /api/v1/datasets", 422, "dataset_name", named | {"name": "a\0"}),
        "a dataset of a number": Asked("POST /api/v1/datasets", 422, "bad_request", named | {"name": 1}),
        "a dataset that is owned by another": Asked(
            "POST /api/v1/datasets", 422, "bad_request", named | {"name": "a", "owner": 1}
        ),
        "a version that is no digest": Asked("GET /api/v1/versions/zzzzzzzz", 404, "not_found"),
        "a version of too few digits": Asked("GET /api/v1/versions/0", 404, "not_found"),
        "a version like a pattern": Asked("GET /api/v1/versions/%%25%%25%%25%%25%%25%%25%%25%%25", 404, "not_found"),
        "a version of 10^30": Asked("GET /api/v1/datasets/%(dataset)s/versions/1" + "0" * 30, 404, "not_found"),
        "an archive of no format": Asked(f"POST {version}/archives", 422, "unknown_format", {"format": "../../rar"}),
        "an archive of no size": Asked(f"POST {version}/archives", 422, "unknown_side", {"size": "-1"}),
        "an archive of a number": Asked(f"POST {version}/archives", 422, "bad_request", {"size": 224}),
        "a picture of no size": Asked(f"GET {version}/files/{'0' * 64}", 422, "unknown_side", {"size": "../224"}),
        "a picture of no digest": Asked(f"GET {version}/files/..%%2f..%%2fetc%%2fpasswd", 404, "not_found"),
        "a range beyond the end": Asked(fetch, 416, "bad_range", headers={"Range": "bytes=999999999-"}),
        "a range of no last bytes": Asked(fetch, 416, "bad_range", headers={"Range": "bytes=-0"}),
        **{f"a range of {one}": Asked(fetch, 200, headers={"Range": one}) for one in whole},
        "a part of other bytes": Asked(fetch, 200, headers={"Range": "bytes=0-1", "If-Range": '"other"'}),
        "a link that nobody signed": Asked("GET /fetch/1:forged:link", 403, "link_expired"),
        "a link with a letter changed": Asked("GET %(link)sx", 403, "link_expired"),
        "a file that nobody signed": Asked("GET /files/forged", 403, "link_expired"),
    }


def models() -> dict[str, Asked]:
    """Trainings and models, and pictures to try."""
    train, ask = "POST /api/v1/trainings", "POST /api/v1/models/%(model)s/predict"
    return {
        "no backbone there is": Asked(train, 422, "unknown_backbone", {"version": "%(version)s", "backbone": "../vgg"}),
        "no method there is": Asked(train, 422, "unknown_method", {"version": "%(version)s", "method": "eval"}),
        "a training's seed of -1": Asked(train, 422, "bad_number", {"version": "%(version)s", "seed": -1}),
        "10^30 epochs": Asked(train, 422, "bad_number", {"version": "%(version)s", "epochs": HUGE}),
        "epochs of a word": Asked(train, 422, "bad_request", {"version": "%(version)s", "epochs": "all"}),
        "a version and labels": Asked(
            train, 422, "bad_request", {"version": "%(version)s", "labels": ["valve", "tap"]}
        ),
        "a training of no label there is": Asked(train, 422, "unknown_label", {"labels": ["valve", "'--"]}),
        "a training of nothing": Asked(train, 422, "no_labels", {}),
        "a training of one label": Asked(train, 422, "one_class", {"labels": ["valve"]}),
        "a training on no version": Asked(train, 404, "not_found", {"version": "x" * 64}),
        "models of no label": Asked("GET /api/v1/models", 422, "unknown_label", {"label": "\ufffd"}),
        "a model of 10^30": Asked("GET /api/v1/models/1" + "0" * 30, 404, "not_found"),
        "a model's file above its folder": Asked(
            "GET /api/v1/models/%(model)s/files/..%%2f..%%2fetc", 404, "not_found"
        ),
        "a model's file with a NUL": Asked("GET /api/v1/models/%(model)s/files/labels%%00", 404, "not_found"),
        "no picture to try": Asked(ask, 400, "no_file", {"images": []}),
        "pictures that are a text": Asked(ask, 422, "bad_request", {"images": "x"}),
        "pictures of another name": Asked(ask, 400, "bad_request", {"pictures": []}),
        "17 pictures": Asked(ask, 422, "too_many_pictures", {"images": ["eA=="] * 17}),
        "a picture that is no base64": Asked(ask, 422, "bad_request", {"images": ["<svg/onload=alert(1)>"]}),
        "a picture that is a number": Asked(ask, 422, "bad_request", {"images": [1]}),
        "a picture as an address": Asked(ask, 422, "bad_request", {"images": ["http://169.254.169.254/"]}),
    }


def people() -> dict[str, Asked]:
    """What people type into forms, and what their pages' scripts send."""
    token, answers = "A" * 120, "POST /review/answers.json"
    report, watch = "POST /images/%(image)s/report/", "POST /labels/valve/watch/"
    return {
        "a batch's form without a label": Asked("POST /give/", 422, "bad_request", {"licence": "CC0-1.0"}),
        "a batch's form with a NUL": Asked("POST /give/", 422, "bad_request", {"label": "va\0lve"}),
        "a batch's form with no label there is": Asked("POST /give/", 422, "unknown_label", {"label": "<script>"}),
        "a report of no reason there is": Asked(report, 422, data={"reason": "because"}),
        "a watch for -1": Asked(watch, 422, data={"wanted": "-1"}),
        "a watch for 10^30": Asked(watch, 422, data={"wanted": str(HUGE)}),
        "a watch for not a number": Asked(watch, 422, data={"wanted": "NaN"}),
        "a watch with a NUL": Asked(watch, 422, data={"wanted": "5", "note": "a\0b"}),
        "a watch with a novel": Asked(watch, 422, data={"wanted": "5", "note": "a" * 201}),
        "a watch for no label": Asked("POST /labels/..%%2fvalve/watch/", 404, "not_found", {"wanted": "5"}),
        "a token with a novel": Asked("POST /account/tokens/", 422, data={"name": "a" * 61, "scopes": "read"}),
        "a token with every scope": Asked("POST /account/tokens/", 422, data={"name": "a", "scopes": "*"}),
        "a token with none": Asked("POST /account/tokens/", 422, data={"name": "a"}),
        "a credit line that computes": Asked("POST /account/", 422, data={"credit": "=1+1"}),
        "a credit line that computes behind a space": Asked("POST /account/", 422, data={"credit": " \t=1+1"}),
        "a credit line with a NUL": Asked("POST /account/", 422, data={"credit": "a\0"}),
        "a proposal that is a dash": Asked("POST /labels/propose/", 422, "label_name", {"name": "-"}),
        "a proposal below no label": Asked("POST /labels/propose/", 422, data={"name": "Ball valve", "parent": "x"}),
        "an appeal against nothing": Asked(
            "POST /submissions/%(submission)s/appeal/", 409, "not_appealable", {"text": "a"}
        ),
        "an appeal of spaces": Asked("POST /submissions/%(submission)s/appeal/", 422, data={"text": " "}),
        "held questions that are a text": Asked("POST /review/questions.json", 400, "bad_request", {"held": "x"}),
        "held questions that are numbers": Asked("POST /review/questions.json", 400, "bad_request", {"held": [1]}),
        "101 held questions": Asked("POST /review/questions.json", 400, "bad_request", {"held": [token] * 101}),
        "held questions nobody sealed": Asked("POST /review/questions.json", 400, "bad_request", {"held": [token]}),
        "answers that are no JSON": Asked(answers, 400, "bad_request", {"answers": "x"}),
        "answers that are numbers": Asked(answers, 400, "bad_request", {"answers": "[1]"}),
        "answers that are deep": Asked(answers, 400, "bad_request", {"answers": DEEP}),
        "answers to what nobody asked": Asked(answers, 200, data={"answers": json.dumps([{"token": token}])}),
        "an answer to a forged question": Asked("POST /review/", 400, "bad_request", {"token": token, "pick": "valve"}),
        "an answer to another's question": Asked(
            "POST /review/", 403, "forbidden", {"token": "%(sealed)s", "pick": "valve"}
        ),
        "a picture of a forged question": Asked(f"GET /review/{token}/1024.jpg", 400, "bad_request"),
        "a picture of another's question": Asked("GET /review/%(sealed)s/1024.jpg", 403, "forbidden"),
        "taking back what was not said": Asked("POST /review/undo.json", 409, "nothing_to_take_back"),
        "a mail's link that nobody signed": Asked("GET /notices/stop/forged/", 404, "not_found"),
        "a key of 81 letters": Asked(
            "POST /api/v1/batches",
            400,
            "bad_request",
            {"label": "valve", "licence": "CC0-1.0"},
            {"Idempotency-Key": "k" * 81},
        ),
        "a length that is no number": Asked("POST /give/", 413, "too_large", {}, {"Content-Length": "-1"}),
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
