SHELL := bash
.DEFAULT_GOAL := help
.PHONY: help run test verify check soak bench dashboard

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

# Not by `go run`, which ends with status 1 after Ctrl-C, whatever its program returns.
run: ## Run the whole system on this machine; options as in `make run ARGS="--port 9000 --reset"`
	@go build -buildvcs=false -o build/local ./internal/local && exec build/local $(ARGS)

test: ## Vet, and test what takes minutes, on the default engine with the race detector
	@.ci/test

verify: test check ## Test, then all other checks: all tests in full, second engine, linters, vulnerabilities, template, API from outside

check: ## What verify adds to test
	@.ci/check

soak: ## What takes hours: a million histories, a thousand killed workers, minutes of load
	@.ci/soak

bench: ## Measure Lethe beside others, for some three minutes; options as in `make bench ARGS="--small"`
	@go test -run '^$$' -bench . -benchmem ./internal/web >&2
	@go -C internal/bench run . $(ARGS)

dashboard: ## Build the dashboard, which is then part of the functions; `make run` does it by itself
	@.ci/dashboard build

build-DashboardFunction: dashboard

# What `sam build` calls for each function, with the folder to fill: build-XyzFunction builds functions/xyz.
build-%Function:
	@GOOS=linux GOARCH=arm64 CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -ldflags "-s -w" \
		-o "$(ARTIFACTS_DIR)/bootstrap" ./functions/$(shell tr A-Z a-z <<< $*)
