from django.contrib import admin
from django.urls import include, path, re_path

from hub.views import catalogue, errors, files, giving, health, images, own, review, uploads

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
    path("files/<str:token>", files.signed_file, name="signed_file"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.not_found
handler500 = errors.server_error
