"""`/api/v1`: what the pages do, for scripts. Bearer tokens, cursor paging, problem+json."""

from csp.decorators import csp_update

from hub.api import (
    archives,
    batches,
    datasets,
    images,
    jobs,
    labels,
    models,
    quotas,
    selections,
    submissions,
    trainings,
    versions,
    wanted,
)
from hub.api.access import often
from hub.api.answers import HubAPI, Reference, Text

DESCRIPTION = """
Look around without a token; send `Authorization: Bearer dih_…` for the rest (make one on your account page).
Lists come as `{"items": […], "next": address or null}`. Refusals are `application/problem+json` with a stable `code`.
Work that takes long answers 202 with the `job` to follow. A POST sent again with the same `Idempotency-Key` is
answered as before and does nothing twice.
"""

api = HubAPI(
    title="Deep Images Hub",
    version="1",
    description=DESCRIPTION,
    urls_namespace="api",
    parser=Text(),
    docs=Reference(),
    throttle=often,
    # The reference's stylesheet, which is not ours, draws its arrows as data: pictures.
    docs_decorator=csp_update({"img-src": ["data:"]}),
)
nouns = (
    labels,
    images,
    batches,
    submissions,
    selections,
    datasets,
    versions,
    archives,
    models,
    trainings,
    wanted,
    quotas,
    jobs,
)
for noun in nouns:
    api.add_router("", noun.router, tags=[noun.__name__.rsplit(".", 1)[-1]])
