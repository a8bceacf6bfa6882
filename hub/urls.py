from django.contrib import admin
from django.urls import include, path, re_path

from hub.api import api
from hub.views import (
    building,
    catalogue,
    datasets,
    downloads,
    errors,
    files,
    giving,
    health,
    images,
    own,
    review,
    trying,
    uploads,
    versions,
)

DIGEST = r"(?P<sha256>[0-9a-f]{64})"

urlpatterns = [
    path("", catalogue.home, name="home"),
    path("labels/", catalogue.all_labels, name="labels"),
    path("labels.json", catalogue.labels_json, name="labels_json"),
    path("labels/propose/", catalogue.propose_label, name="propose_label"),
    path("labels/<slug:slug>/", catalogue.one_label, name="label"),
    re_path(rf"^images/{DIGEST}/$", images.one_image, name="image"),
    re_path(rf"^images/{DIGEST}/(?P<side>1024|299|224|100)\.jpg$", images.rendition, name="rendition"),
    re_path(rf"^images/{DIGEST}/original$", images.original, name="original"),
    re_path(rf"^images/{DIGEST}/withdraw/$", images.withdraw, name="withdraw"),
    path("licences/", catalogue.licences, name="licences"),
    path("give/", giving.give, name="give"),
    path("batches/<int:pk>/", giving.batch, name="batch"),
    path("batches/<int:pk>/status.json", uploads.status, name="batch_status"),
    path("batches/<int:pk>/precheck.json", uploads.precheck, name="precheck"),
    path("batches/<int:pk>/files.json", uploads.files, name="batch_files"),
    path("batches/<int:pk>/slots.json", uploads.slots, name="batch_slots"),
    path("submissions/<int:pk>/arrived.json", uploads.arrived, name="arrived"),
    path("submissions/<int:pk>/preview.jpg", images.preview, name="preview"),
    path("submissions/<int:pk>/keep/", giving.keep, name="keep"),
    path("submissions/<int:pk>/drop/", giving.drop, name="drop"),
    path("submissions/<int:pk>/settle/", review.settle, name="settle"),
    path("review/", review.review, name="review"),
    path("proposals/<int:pk>/", catalogue.decide_proposal, name="decide_proposal"),
    path("mine/", own.mine, name="mine"),
    path("account/", own.account, name="account"),
    path("datasets/", datasets.everything, name="datasets"),
    path("datasets/new/", building.build, name="build"),
    path("datasets/<int:pk>/", datasets.dataset, name="dataset"),
    path("datasets/<int:pk>/diff/", datasets.diff, name="diff"),
    path("datasets/<int:pk>/freeze/", datasets.freeze, name="freeze"),
    path("datasets/<int:pk>/publish/", datasets.publish, name="publish"),
    path("datasets/<int:pk>/delete/", datasets.delete, name="delete_dataset"),
    path("datasets/<int:pk>/versions/<int:number>/", versions.version, name="version"),
    path("datasets/<int:pk>/versions/<int:number>/status.json", versions.version_status, name="version_status"),
    path("datasets/<int:pk>/versions/<int:number>/archives/", versions.order_archive, name="order_archive"),
    path(
        "datasets/<int:pk>/versions/<int:number>/archives/<int:archive>/link",
        downloads.archive_link,
        name="archive_link",
    ),
    re_path(r"^versions/(?P<digest>[0-9a-f]{64})/$", versions.version_by_id, name="version_by_id"),
    path("fetch/<str:token>", downloads.fetch, name="fetch"),
    path("files/<str:token>", files.signed_file, name="signed_file"),
    path("models/<int:pk>/try/", trying.try_model, name="try_model"),
    path("account/tokens/", own.make_token, name="make_token"),
    path("account/tokens/<int:pk>/take-back/", own.take_back_token, name="take_back_token"),
    path("api/v1/", api.urls),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
