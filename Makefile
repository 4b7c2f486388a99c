SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run test verify check soak bench dashboard

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

# Not `go run`, which always ends with status 1 after Ctrl-C.
run: ## Run the whole system on this machine; options as in `make run ARGS="--port 9000 --reset"`
	@go build -buildvcs=false -o build/local ./internal/local && exec build/local $(ARGS)

test: ## Vet, and run the quick tests on the default engine, with the race detector
	@.ci/test

verify: test check ## Test, then run all other checks: all tests in full, second engine, linters, template, API from outside

check: ## Run all checks of verify that are not in test
	@.ci/check

soak: ## Run what takes hours: a million histories, a thousand killed workers, minutes of load
	@.ci/soak

bench: ## Compare Lethe with others, in about three minutes; options as in `make bench ARGS="--small"`
	@go test -run '^$$' -bench . -benchmem ./internal/web >&2
	@go -C internal/bench run . $(ARGS)
	@go -C internal/bench run ./coldstart

dashboard: ## Build the dashboard into the functions; `make run` does it automatically
	@.ci/dashboard build

build-DashboardFunction: dashboard

# `sam build` calls build-XyzFunction for each function, which builds functions/xyz into ARTIFACTS_DIR.
build-%Function:
	@GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -ldflags "-s -w" \
		-o "$(ARTIFACTS_DIR)/bootstrap" ./functions/$(shell tr A-Z a-z <<< $*)
