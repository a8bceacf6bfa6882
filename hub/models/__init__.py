from hub.models.account import Account
from hub.models.dataset import Archive, Dataset, DatasetMember, DatasetVersion
from hub.models.doubt import Doubt
from hub.models.image import Annotation, Image, ImageLabel, LabelStat, Rendition, Twin
from hub.models.job import Job
from hub.models.label import Label, LabelEdge, LabelName, LabelPath, LabelProposal
from hub.models.place import Place
from hub.models.submission import Batch, Submission
from hub.models.token import IdempotencyKey, Token
from hub.models.training import (
    Acquisition,
    Backbone,
    Feature,
    ModelFile,
    Prediction,
    TrainedModel,
    TrainingEpoch,
    TrainingRequest,
)
from hub.models.watch import Notice, Watch

__all__ = [
    "Account",
    "Acquisition",
    "Annotation",
    "Archive",
    "Backbone",
    "Batch",
    "Dataset",
    "DatasetMember",
    "DatasetVersion",
    "Doubt",
    "Feature",
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
    "ModelFile",
    "Notice",
    "Place",
    "Prediction",
    "Rendition",
    "Submission",
    "Token",
    "TrainedModel",
    "TrainingEpoch",
    "TrainingRequest",
    "Twin",
    "Watch",
]
