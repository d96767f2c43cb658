# Maildesk in a small image: docker build -t maildesk .
# It runs as a user without rights, on a file system that may be read-only: only /data (maildesk.db, where no
# DATABASE_URL leads elsewhere) and /tmp are written to. Settings come from the environment, secrets from files (NAME_FILE); see compose.yaml.

FROM python:3.11-slim AS build
RUN python -m venv /opt/maildesk
WORKDIR /build
COPY requirements.txt .
RUN /opt/maildesk/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md ./
COPY bot bot
COPY handlers handlers
COPY storage storage
COPY sandbox sandbox
RUN /opt/maildesk/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin maildesk \
    && install --directory --owner maildesk --mode 0700 /data
COPY --from=build /opt/maildesk /opt/maildesk
ENV PATH=/opt/maildesk/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
WORKDIR /data
VOLUME /data
USER 10001
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import os, urllib.request as ask; ask.urlopen('http://127.0.0.1:' + os.environ.get('PORT', '3000') + '/healthz', timeout=4)"]
ENTRYPOINT ["maildesk"]
CMD ["run"]
