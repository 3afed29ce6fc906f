# The image of `cargo xtask image --program operator`, for those who build with Docker: `make docker-build-operator`.
# The context is what `cargo xtask image --program operator --context DIR` writes.
FROM scratch
ARG TARGETARCH=amd64
ADD ${TARGETARCH}/base.tar.gz ${TARGETARCH}/program.tar.gz /
ENV PATH=/usr/bin \
    HOME=/home/pacto
USER 65532:65532
WORKDIR /
EXPOSE 8080 8081 8443
ENTRYPOINT ["pacto-operator"]
