# Targets only call cargo, xtask and, for images, docker.

IMAGE ?= pacto-dashboard
VERSION ?= $(shell git describe --tags --always --dirty | sed 's/^v//')
ARCH ?= $(shell uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')

.PHONY: build test bench codegen docker-build docker-run docker-build-operator

build:
	cargo build --release

test:
	cargo xtask test

bench:
	cargo xtask bench

codegen:
	cargo xtask codegen

# The image, tagged with the version that git knows.
docker-build:
	cargo xtask image --platform $(ARCH) --image-version $(VERSION) --context target/image-context
	docker build --file deploy/image/Dockerfile --build-arg TARGETARCH=$(ARCH) --tag $(IMAGE):$(VERSION) target/image-context

# As yourself, because the kubeconfig is readable for you alone.
docker-run: docker-build
	mkdir -p $(HOME)/.cache/pacto
	docker run --rm --publish 127.0.0.1:3000:3000 --user $$(id -u):$$(id -g) \
	  $(if $(wildcard $(HOME)/.kube/config),--volume $(HOME)/.kube/config:/home/pacto/.kube/config:ro) \
	  --volume $(HOME)/.cache/pacto:/home/pacto/.cache/pacto \
	  $(IMAGE):$(VERSION)

# The image of the operator, for a registry that the cluster reaches.
docker-build-operator:
	cargo xtask image --program operator --platform $(ARCH) --image-version $(VERSION) --context target/operator-context
	docker build --file deploy/image/operator.Dockerfile --build-arg TARGETARCH=$(ARCH) --tag pacto-operator:$(VERSION) target/operator-context
