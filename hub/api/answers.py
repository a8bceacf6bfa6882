"""How the API answers: JSON with addresses, pages of lists, problems, the reference page."""

import json
from typing import Any, Generic, TypeVar

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import re_path, reverse
from ninja import NinjaAPI, Schema, Swagger
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from pydantic import ConfigDict

from hub.api import idempotency
from hub.api.headers import HEADERS, locate
from hub.facets import address
from hub.problems import Refused, problem
from hub.views.uploads import body

Item = TypeVar("Item")


class Strict(Schema):
    """What a request may say, and nothing else."""

    model_config = ConfigDict(extra="forbid")


class Page(Schema, Generic[Item]):
    """Part of a list; `next` is the address of the part that follows."""

    items: list[Item]
    next: str | None


class Problem(Schema):
    """A refusal (RFC 9457): `code` is stable, `title` says what happened, `detail` what to do, `about` which field."""

    type: str
    code: str
    title: str
    detail: str
    status: int
    about: dict[str, Any] = {}


class Reference(Swagger):
    """The reference page: ninja's own files from our address, asking nobody else; light or dark as the site is."""

    template = "reference.html"

    def __init__(self) -> None:
        super().__init__({"validatorUrl": None, "defaultModelsExpandDepth": 0, "docExpansion": "list"})


class Text(Parser):
    """Reads bodies that are one JSON object of text the database takes."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        return body(request)


class HubAPI(NinjaAPI):
    """The API with our headers, our problems, and answers that are remembered for their Idempotency-Key."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._described: dict[str, OpenAPISchema] = {}

    @property
    def urls(self) -> Any:
        """The addresses, and a problem for every other below them: in debug Django would explain itself in HTML."""
        patterns, app, namespace = super().urls
        return [*patterns, re_path("", lambda request: problem(request, 404, "not_found"))], app, namespace

    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """The description of the API, in which every operation may refuse. It is made once: making it takes long."""
        key = json.dumps(options, sort_keys=True, default=str)
        if key not in self._described:
            self._described[key] = _with_problems(super().get_openapi_schema(**options))
        return self._described[key]

    def on_exception(self, request: HttpRequest, exc: Any) -> HttpResponse:
        """A problem; what is none of the request's making is left to the middleware, and to Django."""
        if isinstance(exc, Refused):
            return _refused(request, exc)
        if isinstance(exc, ValidationError):
            return _invalid(request, exc)
        if isinstance(exc, Http404):
            return problem(request, 404, "not_found")
        if isinstance(exc, HttpError):
            return problem(request, exc.status_code, "bad_request")
        raise exc

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(content_type=self.get_content_type(), headers=HEADERS)

    def create_response(self, request: HttpRequest, data: Any, **options: Any) -> HttpResponse:
        response = super().create_response(request, data, **options)
        idempotency.remember(request, response)
        return locate(response, data)


def _with_problems(schema: OpenAPISchema) -> OpenAPISchema:
    schema["components"]["schemas"]["Problem"] = Problem.model_json_schema()
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    refusals = {"4XX": {"description": "Refused", "content": content}}
    refusals["503"] = {"description": "A part of the hub is away: Retry-After says for how long", "content": content}
    for operations in schema["paths"].values():
        for operation in operations.values():
            operation["responses"] |= refusals
    return schema


def file_of(*types: str) -> dict[str, Any]:
    """What the description says of an operation that gives a file away: of these types, or where the bucket has it."""
    content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in types}
    return {
        "responses": {200: {"description": "OK", "content": content}, 302: {"description": "It lies in the bucket"}}
    }


def _refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    response = problem(request, refused.status, refused.code, **refused.detail)
    if refused.status == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    first = error.errors[0]
    field = ".".join(str(part) for part in first["loc"][1:])
    return problem(request, 422, "bad_request", field=field, said=first["msg"])


def url(request: HttpRequest, name: str, *args: Any) -> str:
    """The whole address of something in the API."""
    return request.build_absolute_uri(reverse(f"api:{name}", args=args))


def page_url(request: HttpRequest, name: str, *args: Any) -> str:
    """The whole address of a page of the site."""
    return request.build_absolute_uri(reverse(name, args=args))


def paged(request: HttpRequest, items: list[Any], **cursor: Any) -> dict[str, Any]:
    """Part of a list, and where it goes on: the same address with another cursor, unless that is empty."""
    if not any(cursor.values()):
        return {"items": items, "next": None}
    query = request.GET.dict() | {name: str(value) for name, value in cursor.items()}
    return {"items": items, "next": request.build_absolute_uri(address(request.path, **query))}


def only(request: HttpRequest, *known: str) -> None:
    """Raises Refused for a parameter that is not known: a filter that is overlooked gives a wrong answer."""
    for name in request.GET:
        if name not in known:
            raise Refused("unknown_filter", field=name[:80], known=", ".join(known))
