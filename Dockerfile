# syntax=docker/dockerfile:1
# SPDX-License-Identifier: Apache-2.0

FROM node:24-bookworm AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
ARG VERSION
ARG REVISION=unknown
RUN npm run build && hack/image-layout.sh /image

# The load tester: docker build --target loadtester. An ordinary distribution, so that users can add tools of their own.
FROM debian:bookworm-slim AS tools
ARG TARGETARCH
ARG HELM_VERSION=3.21.1
ARG KUBECTL_VERSION=1.36.2
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates curl
WORKDIR /tools
RUN curl -fsSLO https://get.helm.sh/helm-v${HELM_VERSION}-linux-${TARGETARCH}.tar.gz \
 && curl -fsSL https://get.helm.sh/helm-v${HELM_VERSION}-linux-${TARGETARCH}.tar.gz.sha256sum | sha256sum -c \
 && tar -xzf helm-*.tar.gz --strip-components=1 linux-${TARGETARCH}/helm \
 && curl -fsSLO https://dl.k8s.io/release/v${KUBECTL_VERSION}/bin/linux/${TARGETARCH}/kubectl \
 && echo "$(curl -fsSL https://dl.k8s.io/release/v${KUBECTL_VERSION}/bin/linux/${TARGETARCH}/kubectl.sha256)  kubectl" \
    | sha256sum -c \
 && chmod 755 kubectl

FROM debian:bookworm-slim AS loadtester
LABEL org.opencontainers.image.title="flagger-loadtester" \
      org.opencontainers.image.description="Tests, load and gates for Canaries" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN apt-get update \
 && apt-get install -y --no-install-recommends bash ca-certificates curl git hey jq procps tini wget \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --uid 10001 --create-home --home-dir /home/app app
COPY --from=tools /tools/helm /tools/kubectl /usr/local/bin/
COPY --from=build /image/loadtester /home/app/
COPY --from=build /image/bin/node /home/app/bin/
COPY --from=build /image/opt/flagger /home/app/opt/flagger
# Manifests start ./loadtester, relative to this directory.
WORKDIR /home/app
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["./loadtester"]

FROM scratch
LABEL org.opencontainers.image.title="flagger" \
      org.opencontainers.image.description="Progressive delivery operator for clusters behind Skipper" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /image /
# Manifests start ./flagger, relative to this directory.
WORKDIR /
USER 10001:10001
EXPOSE 8080
ENTRYPOINT ["/flagger"]
