"""croissant.json: the dataset for machines, after Croissant 1.0 and its vocabulary for responsible AI.

https://docs.mlcommons.org/croissant/docs/croissant-spec.html and croissant-rai-spec.html
"""

from typing import Any

from . import citation, licences
from .plan import Plan
from .types import pretty

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "sc": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
}
TERMS = [
    *("citeAs", "column", "equivalentProperty", "extract", "field", "fileProperty", "fileObject", "fileSet", "format"),
    *("includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField", "path", "recordSet", "references", "regex"),
    *("repeated", "replace", "samplingRate", "separator", "source", "subField", "transform"),
]
RAI = {
    "rai:dataCollection": "People uploaded photos under labels of their choice; exact places were removed.",
    "rai:dataCollectionType": "Others",
    "rai:dataAnnotationProtocol": (
        "The supplier's label is the first verdict. A picture is verified when at least two other people judged it and"
        " more than two thirds of all verdicts agree."
    ),
    "rai:dataPreprocessingProtocol": "Turned upright, copies refused, resized where a size was asked for.",
    "rai:personalSensitiveInformation": "People, number plates or homes may be in the picture; none were looked for.",
    "rai:dataLimitations": "Whoever takes part decides what is in it: see quality_report.json and split_report.json.",
    "rai:dataReleaseMaintenancePlan": "A version never changes; withdrawn pictures leave it and are listed.",
}
PATH = {"fileProperty": "fullpath"}
TEXT, WHOLE, REAL, TRUTH = "sc:Text", "sc:Integer", "sc:Float", "sc:Boolean"
COLUMNS = {
    "label": TEXT,
    "labels": TEXT,
    "image_id": WHOLE,
    "sha256": TEXT,
    "licence": TEXT,
    "credit": TEXT,
    "verified": TRUTH,
    "width": WHOLE,
    "height": WHOLE,
    "country": TEXT,
    "region": TEXT,
    "latitude": REAL,
    "longitude": REAL,
}


def text(plan: Plan) -> str:
    """The whole description."""
    described = {
        "@context": CONTEXT | {term: f"cr:{term}" for term in TERMS},
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": plan.title,
        "description": f"{plan.title}: {plan.facts['pictures']} pictures, version {plan.digest}.",
        "license": [licences.KNOWN[spdx].url for spdx in sorted(plan.licences)],
        "url": f"urn:sha256:{plan.digest}",
        "version": "1.0.0",
        "citeAs": citation.sentence(plan),
        "creator": {"@type": "sc:Organization", "name": citation.AUTHOR},
        "keywords": list(plan.folders.values()),
        **RAI,
        **SHAPES[plan.format](plan),
    }
    return pretty(described).decode()


def _pictures(plan: Plan) -> dict[str, Any]:
    """Pictures as files. Two sets of records, because a join would hold every picture in memory."""
    endings = {"jpg": "image/jpeg"} | ({} if plan.side else {"png": "image/png", "webp": "image/webp"})
    inside = [f"{split}/*.{ending}" for split in plan.splits for ending in endings]
    sets = [_set("tables", "text/csv", [f"{split}/metadata.csv" for split in plan.splits])]
    sets.append(_set("pictures", list(endings.values()), inside))
    rows = _columns("metadata", "tables", {"file_name": TEXT, **_kinds(plan)})
    rows.append(_field("metadata/split", TEXT, "tables", PATH, regex="^([^/]+)/"))
    shown = [
        _field("images/image", "sc:ImageObject", "pictures", {"fileProperty": "content"}),
        _field("images/split", TEXT, "pictures", PATH, regex="^([^/]+)/"),
        _field("images/file_name", TEXT, "pictures", PATH, regex="^[^/]+/(.+)$"),
    ]
    if plan.format == "imagefolder":
        shown.append(_field("images/label", TEXT, "pictures", PATH, regex="^[^/]+/([^/]+)/"))
    return {"distribution": sets, "recordSet": [_records("images", shown), _records("metadata", rows)]}


def _shards(plan: Plan) -> dict[str, Any]:
    """WebDataset: Croissant cannot pair the files of a sample, so the records are those of ATTRIBUTION.csv."""
    table = {"@type": "cr:FileObject", "@id": "attribution", "name": "attribution", "contentUrl": "ATTRIBUTION.csv"}
    table |= {"encodingFormat": "text/csv", "sha256": _digest(plan, "ATTRIBUTION.csv")}
    sets = [table, _set("shards", "application/x-tar", [f"{split}-*.tar" for split in plan.splits])]
    kinds = dict.fromkeys(("file", "split", "label", "licence", "credit", "sha256"), TEXT) | {"image_id": WHOLE}
    rows = _columns("images", "attribution", kinds, of="fileObject")
    return {"distribution": sets, "recordSet": [_records("images", rows)]}


def _tables(plan: Plan) -> dict[str, Any]:
    """Parquet: its columns, and the pictures inside."""
    sets = [_set("tables", "application/x-parquet", [f"data/{split}-*.parquet" for split in plan.splits])]
    kinds = {column: kind for column, kind in _kinds(plan).items() if column not in ("labels", "negatives")} | {
        "label": WHOLE
    }
    rows = _columns("images", "tables", kinds)
    rows.append(_field("images/image", "sc:ImageObject", "tables", {"column": "image"}, jsonPath="bytes"))
    rows.append(_field("images/split", TEXT, "tables", PATH, regex="data/([a-z]+)-"))
    return {"distribution": sets, "recordSet": [_records("images", rows)]}


SHAPES = {"imagefolder": _pictures, "coco": _pictures, "webdataset": _shards, "parquet": _tables}


def _digest(plan: Plan, name: str) -> str:
    return next(entry.sha256 for entry in plan.entries if entry.name == name)


def _kinds(plan: Plan) -> dict[str, str]:
    return COLUMNS | ({"fold": WHOLE} if plan.folds else {}) | ({"negatives": TEXT} if plan.negatives else {})


def _set(name: str, kind: str | list[str], includes: list[str]) -> dict[str, Any]:
    """Files of the folder that the description lies in."""
    return {"@type": "cr:FileSet", "@id": name, "name": name, "encodingFormat": kind, "includes": includes}


def _records(name: str, fields: list[dict[str, Any]]) -> dict[str, Any]:
    return {"@type": "cr:RecordSet", "@id": name, "name": name, "field": fields}


def _columns(records: str, source: str, kinds: dict[str, str], of: str = "fileSet") -> list[dict[str, Any]]:
    return [_field(f"{records}/{name}", kind, source, {"column": name}, of) for name, kind in kinds.items()]


def _field(
    name: str, kind: str, source: str, extract: dict[str, str], of: str = "fileSet", **transform: str
) -> dict[str, Any]:
    found: dict[str, Any] = {of: {"@id": source}, "extract": extract}
    found |= {"transform": transform} if transform else {}
    return {"@type": "cr:Field", "@id": name, "name": name, "dataType": kind, "source": found}
