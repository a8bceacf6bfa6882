"""Hostile requests about datasets and models, and what people and their pages send."""

import json

from tests.hostile.sent import DEEP, HUGE, Asked


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
