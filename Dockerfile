# The product without its tests and tools; see docker-compose.yml for what stands around it.
FROM python:3.12.12-slim-bookworm AS packages
COPY requirements.lock ./
# Only what the lock names by its hash, only ready-made packages, in a folder to be copied as it is.
RUN python -m venv /opt/congnhan \
    && /opt/congnhan/bin/pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements.lock \
    && /opt/congnhan/bin/pip uninstall --yes pip

FROM python:3.12.12-slim-bookworm
LABEL org.opencontainers.image.title="Công nhận" \
      org.opencontainers.image.description="Recognition of communes that completed their digital transformation" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="0.2.0"
ENV PATH=/opt/congnhan/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    CONGNHAN_DATA=/data CONGNHAN_HOST=0.0.0.0 TMPDIR=/var/tmp TZ=Asia/Ho_Chi_Minh
WORKDIR /app

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin congnhan \
    && install -d -o congnhan -m 0700 /data /backups
COPY --from=packages /opt/congnhan /opt/congnhan
COPY evaluation evaluation
COPY forms forms
COPY workflows workflows
COPY service service
COPY verifier verifier
COPY witness witness
COPY LICENSE NOTICE ./
RUN python -m compileall -q evaluation forms service verifier witness

USER congnhan
VOLUME ["/data", "/backups", "/var/tmp"]
EXPOSE 8080
STOPSIGNAL SIGTERM

# In this form, without a shell: signals reach the process itself, which stops in good order.
ENTRYPOINT ["python", "-m", "service.cli"]
CMD ["serve"]
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["python", "-m", "service.cli", "probe", "web"]
