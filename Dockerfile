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
