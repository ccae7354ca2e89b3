# Two images: `database` (PostgreSQL with PostGIS and our roles) and, last and so the default, `app`.
# docker-compose.yml puts them together; docs/decisions/containers.md says why it is made like this.

# ---- everything that is needed to build, none of which is in the images ----
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# First what changes seldom: an edit of our code does not install the dependencies anew.
COPY requirements.lock pyproject.toml ./
COPY docker/runtime_lock.py docker/
RUN python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes -r requirements.lock
RUN /opt/build/bin/python docker/runtime_lock.py requirements.lock pyproject.toml >runtime.lock \
    && python -m venv /opt/wangge \
    && /opt/wangge/bin/pip install --require-hashes -r runtime.lock
COPY . .
# `warm` compiles the bundling engine for the processor that builds. On another kind the service compiles anew at its
# first start, beside its work, and keeps that in /data.
RUN /opt/build/bin/python -m maps.build \
    && /opt/wangge/bin/pip install --no-deps . \
    && cd / && /opt/wangge/bin/wangge warm && cd /src \
    && /opt/wangge/bin/python -c 'from geo.store.prepare import SUPERUSER_SQL; print(SUPERUSER_SQL)' >prepare.sql

# ---- the database: what the service's login may not do is done once, when the volume is new ----
FROM postgres:15-bookworm AS database
RUN apt-get update \
    && apt-get install -y --no-install-recommends postgresql-15-postgis-3 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/prepare.sql /docker-entrypoint-initdb.d/10-prepare.sql
COPY docker/login.sh /docker-entrypoint-initdb.d/20-login.sh
USER postgres

# ---- the service ----
FROM python:3.11-slim-bookworm AS app
RUN useradd --system --uid 10001 --user-group --home-dir /data --shell /usr/sbin/nologin wangge \
    && install -d -o wangge -g wangge -m 0750 /data
COPY --from=build /opt/wangge /opt/wangge
ENV PATH=/opt/wangge/bin:$PATH PYTHONUNBUFFERED=1 WANGGE_DATA=/data WANGGE_HOST=0.0.0.0 WANGGE_PORT=8080
USER wangge
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/healthz', timeout=2)"]
CMD ["wangge", "up", "--no-open", "--foreground"]
