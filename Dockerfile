# One image for every role (docs/image.md). `make image` builds it, with base images of its own where no registry is reachable.
# Both bases have to have Python 3.11 as /usr/bin/python3.11: the second stage runs it on what the first has installed.
ARG BUILD_IMAGE=docker.io/library/debian:bookworm-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/python3-debian12:nonroot

FROM ${BUILD_IMAGE} AS build
RUN python3.11 -c 'import ensurepip, venv' 2>/dev/null || \
    { apt-get update && apt-get install --yes --no-install-recommends python3 python3-venv ca-certificates; }
# By symbolic link: a copy of the interpreter would miss what the distribution mends in it.
RUN python3.11 -m venv /opt/tools && python3.11 -m venv --without-pip --symlinks /opt/python && \
    rm -f /opt/python/bin/python /opt/python/bin/python3 && \
    ln -s /usr/bin/python3.11 /opt/python/bin/python && ln -s python /opt/python/bin/python3
WORKDIR /srv/resimate
COPY requirements-image.lock /tmp/
RUN /opt/tools/bin/pip --python /opt/python/bin/python install --quiet --disable-pip-version-check --no-cache-dir --no-compile \
    --no-deps --require-hashes --only-binary :all: --requirement /tmp/requirements-image.lock
# Catalogues are compiled with Babel, which nothing needs afterwards.
COPY requirements.lock /tmp/
RUN sed -n '/^babel==/,/[^\\]$/p' /tmp/requirements.lock >/tmp/babel.lock && \
    /opt/tools/bin/pip install --quiet --disable-pip-version-check --no-cache-dir --no-deps --require-hashes \
    --target /opt/babel --requirement /tmp/babel.lock
COPY scripts/image-prune /tmp/
RUN /tmp/image-prune packages /opt/python/lib/python3.11/site-packages
COPY . .
RUN PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=/opt/babel /opt/python/bin/python -m resimate.catalogues && \
    PYTHONDONTWRITEBYTECODE=1 COLLECTED_STATIC=yes STATIC_ROOT=/srv/static RESIMATE_DATA_DIR=/tmp/data \
    /opt/python/bin/python manage.py collectstatic --no-input --verbosity 0 && \
    /tmp/image-prune collected /opt/python/lib/python3.11/site-packages /srv/resimate
# The root is read-only, so what is not compiled now would be compiled at every start; nobody changes a source there.
RUN /opt/python/bin/python -B -m compileall -q -f -j 0 --invalidation-mode unchecked-hash /opt/python/lib /srv/resimate && \
    mkdir -p /data/var/lib/resimate && chown 65532:65532 /data/var/lib/resimate

FROM ${RUNTIME_IMAGE}
USER 0
RUN ["/usr/bin/python3.11", "-B", "-m", "compileall", "-q", "-f", "--invalidation-mode", "unchecked-hash", "/usr/lib/python3.11"]
COPY --from=build /data/ /
COPY --from=build /opt/python /opt/python
COPY --from=build /srv /srv
# A base whose Python is another one, or lacks a library that a package needs, is found now.
RUN ["/opt/python/bin/python", "-c", "import cryptography.x509, granian, numpy, orjson, psycopg, ssl, sqlite3, zoneinfo"]
ENV PATH=/opt/python/bin:/usr/bin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    RESIMATE_ENV=production \
    RESIMATE_HOST=0.0.0.0 \
    RESIMATE_DATA_DIR=/var/lib/resimate \
    STATIC_ROOT=/srv/static
WORKDIR /srv/resimate
USER 65532:65532
EXPOSE 8000 9000
STOPSIGNAL SIGTERM
ARG REVISION=
LABEL org.opencontainers.image.title="Resimate" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}"
ENTRYPOINT ["python", "-m", "resimate"]
CMD []
