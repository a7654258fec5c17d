# syntax=docker/dockerfile:1
FROM golang:1.26.0-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /rollcall ./cmd/rollcall

# One static file, the certificates of the world for Redis and NATS over TLS,
# and a user who is not root.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /rollcall /rollcall
USER 65532:65532
EXPOSE 8080 9100
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --start-interval=1s \
    CMD ["/rollcall", "health", "http://127.0.0.1:8080/readyz"]
ENTRYPOINT ["/rollcall"]
CMD ["serve"]
