# BERT Explorer as an image. README, "In a container", says how it is built and run.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS setup
# Which build of PyTorch: cpu, or a version of CUDA such as cu130.
ARG TORCH=cpu
# Debian's own newest make; what it makes is pinned in requirements.txt.
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends make
WORKDIR /app
COPY Makefile requirements.txt ./
RUN PIP_NO_CACHE_DIR=1 PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/${TORCH} make setup

FROM python:${PYTHON}-slim
RUN useradd --uid 10001 --home-dir /data --create-home explorer
WORKDIR /app
COPY --from=setup /app/.venv .venv
COPY app.py LICENSE ./
COPY .streamlit .streamlit
COPY assets assets
COPY bert_core bert_core
COPY pages pages
# The project's files belong to root, so nothing can be compiled later.
RUN .venv/bin/python -m compileall -q app.py bert_core pages
ENV BERT_EXPLORER_ADDRESS=0.0.0.0 \
    BERT_EXPLORER_PORT=8501 \
    BERT_EXPLORER_FOLDERS=/data/models \
    BERT_EXPLORER_HOME=/data/explorer \
    HF_HOME=/data/hub \
    HOME=/data \
    PYTHONUNBUFFERED=1
USER 10001
VOLUME /data
EXPOSE 8501
HEALTHCHECK --interval=15s --timeout=10s --start-period=60s \
    CMD [".venv/bin/python", "-c", "import http.client as h, os; c = h.HTTPConnection('127.0.0.1', int(os.environ['BERT_EXPLORER_PORT']), 8); c.request('GET', '/healthz'); raise SystemExit(c.getresponse().status != 200)"]
# The folder of models is on the volume, which is empty at first.
ENTRYPOINT ["/bin/sh", "-c", "mkdir -p \"$HOME/models\"; exec \"$@\"", "sh"]
CMD [".venv/bin/python", "-m", "bert_core", "serve"]
