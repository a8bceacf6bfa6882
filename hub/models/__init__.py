from hub.models.account import Account
from hub.models.dataset import Archive, Dataset, DatasetMember, DatasetVersion
from hub.models.image import Annotation, Image, ImageLabel, LabelStat, Rendition, Twin
from hub.models.job import Job
from hub.models.label import Label, LabelEdge, LabelName, LabelPath, LabelProposal
from hub.models.place import Place
from hub.models.submission import Batch, Submission
from hub.models.token import IdempotencyKey, Token

__all__ = [
    "Account",
    "Annotation",
    "Archive",
    "Batch",
    "Dataset",
    "DatasetMember",
    "DatasetVersion",
    "IdempotencyKey",
    "Image",
    "ImageLabel",
    "Job",
    "Label",
    "LabelEdge",
    "LabelName",
    "LabelPath",
    "LabelProposal",
    "LabelStat",
    "Place",
    "Rendition",
    "Submission",
    "Token",
    "Twin",
]
