# Targets only call cargo and xtask.

.PHONY: build test bench codegen

build:
	cargo build --release

test:
	cargo xtask test

bench:
	cargo xtask bench

codegen:
	cargo xtask codegen
