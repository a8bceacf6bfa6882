from hub.models.account import Account
from hub.models.backup import Backup
from hub.models.dataset import Archive, Contribution, Dataset, DatasetMember, DatasetVersion, Download
from hub.models.doubt import Doubt
from hub.models.image import Annotation, Claim, Image, ImageLabel, LabelStat, Rendition, Twin
from hub.models.job import Job
from hub.models.label import Label, LabelEdge, LabelName, LabelPath, LabelProposal
from hub.models.moderation import Decision, GoldAnswer, Removal, Report
from hub.models.neighbour import Embedding, Neighbour
from hub.models.operations import Audit, Pause, StorageUse, Use
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
from hub.models.watch import Notice, Shortfall, Subscription, Wanted, Watch

__all__ = [
    "Account",
    "Acquisition",
    "Annotation",
    "Archive",
    "Audit",
    "Backbone",
    "Backup",
    "Batch",
    "Claim",
    "Contribution",
    "Dataset",
    "DatasetMember",
    "DatasetVersion",
    "Decision",
    "Doubt",
    "Download",
    "Embedding",
    "Feature",
    "GoldAnswer",
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
    "Neighbour",
    "Notice",
    "Pause",
    "Place",
    "Prediction",
    "Removal",
    "Rendition",
    "Report",
    "Shortfall",
    "StorageUse",
    "Submission",
    "Subscription",
    "Token",
    "TrainedModel",
    "TrainingEpoch",
    "TrainingRequest",
    "Twin",
    "Use",
    "Wanted",
    "Watch",
]
