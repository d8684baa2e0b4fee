# The product without its tests and tools; see docker-compose.yml for what stands around it.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 CONGNHAN_DATA=/data
WORKDIR /app

COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes --only-binary=:all: -r requirements.lock

COPY evaluation evaluation
COPY forms forms
COPY workflows workflows
COPY service service
COPY LICENSE NOTICE ./

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin congnhan && install -d -o congnhan /data
USER congnhan
VOLUME /data
EXPOSE 8080

ENTRYPOINT ["python", "-m", "service.cli"]
CMD ["serve", "--host", "0.0.0.0"]
