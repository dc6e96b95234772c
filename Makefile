# `make` alone lists the targets. Everything runs in .venv, which `make setup` builds; the other
# targets do so first where it is missing or out of date.

PYTHON =
WORKERS = 4
KILLS = 1000
ARGS =
BIN = .venv/bin
PEERS = tests/peers/node/node_modules

.PHONY: help setup demo test check bench lives fuzz api idempotency durability audit sbom chaos soak cluster clean long

help:
	@echo "make setup   build .venv with everything in it, and the dashboard (needs only Python >= 3.11)"
	@echo "make demo    1,000 charging stations against a demo CSMS; ARGS=\"--chargers 100\" for fewer"
	@echo "make test    every test; WORKERS=6 for more than four at once"
	@echo "make check   linting, types, import rules, of the dashboard too"
	@echo "make bench   the figures that the README states, measured here"
	@echo "make long    the tests that make test has no time for"
	@echo "make lives   thousands of random lives of stations of every version, with power cuts"
	@echo "make fuzz    300,000 hostile frames against stations of every version"
	@echo "make api     20,000 requests that schemathesis invents; none may be answered with a 5xx"
	@echo "make idempotency   50 equal requests at once, 200 times, over cut lines and kills, on both databases"
	@echo "make audit   the dependencies against known vulnerabilities (needs a network)"
	@echo "make sbom    dist/sbom.cdx.json: what the product is made of (CycloneDX)"
	@echo "make durability   loss of power simulated (needs strace), backups every way, every released schema"
	@echo "make chaos   1,000 kills and other faults under load, on SQLite and on Postgres; KILLS=50 for fewer"
	@echo "make soak    20,000 chargers on two hosts for 30 minutes, with churn; ARGS=\"--minutes 5 --chargers 4000\" for less"
	@echo "make cluster two gateways and two hosts on Postgres: killed, frozen, cut off, restarted under load"
	@echo "make clean   remove .venv and everything that was built"

setup:
	@python=`PYTHON="$(PYTHON)" tools/find-python.sh` && "$$python" tools/bootstrap.py

$(PEERS): tests/peers/node/package-lock.json | setup
	@$(BIN)/python tools/npm.py ci --prefix tests/peers/node --ignore-scripts --no-audit --no-fund
	@touch $@

demo: setup
	@$(BIN)/voltfleet demo $(ARGS)

test: setup $(PEERS)
	@$(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

check: setup
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/mypy tools/audit.py tools/bootstrap.py tools/build_dashboard.py tools/npm.py tests/conftest.py tests/support
	$(BIN)/lint-imports
	@$(BIN)/python tools/npm.py run --silent --prefix dashboard check

bench: setup
	@$(BIN)/python -m benchmarks $(ARGS)

lives: setup
	@VOLTFLEET_LIVES=2000 $(BIN)/pytest --timeout 3600 -n $(WORKERS) tests/station -k "lives or books" $(ARGS)

fuzz: setup
	@VOLTFLEET_FUZZ_FRAMES=300000 $(BIN)/pytest --timeout 1800 tests/fuzz $(ARGS)

api: setup
	@VOLTFLEET_LONG=1 VOLTFLEET_API_CASES=20000 $(BIN)/pytest tests/e2e/test_schemathesis.py $(ARGS)

idempotency: setup
	@VOLTFLEET_IDEMPOTENCY_ROUNDS=200 VOLTFLEET_IDEMPOTENCY_AT_ONCE=50 $(BIN)/pytest --timeout 3600 tests/e2e/test_idempotency.py $(ARGS)

audit: setup
	@$(BIN)/python tools/audit.py $(ARGS)

sbom: setup
	@mkdir -p dist
	@$(BIN)/uv export --frozen --quiet --no-dev --preview-features sbom-export --format cyclonedx1.5 --output-file dist/sbom.cdx.json >/dev/null
	@echo dist/sbom.cdx.json

durability: setup
	@VOLTFLEET_DURABILITY=1 $(BIN)/pytest tests/durability tests/storage/test_released.py tests/storage/test_durable_commits.py tests/cli/test_cli_backup.py $(ARGS)

chaos: setup
	$(BIN)/voltfleet chaos --kills $(KILLS) $(ARGS)
	$(BIN)/python tools/with_postgres.py $(BIN)/voltfleet chaos --kills $(KILLS) $(ARGS)

soak: setup
	@$(BIN)/python -m benchmarks.soak $(ARGS)

cluster: setup
	@$(BIN)/python -m benchmarks --only cluster $(ARGS)

long: setup $(PEERS)
	@VOLTFLEET_LONG=1 $(BIN)/pytest tests/e2e tests/dashboard tests/workflows tests/host/test_host_hostile_targets.py $(ARGS)

clean:
	rm -rf .venv dashboard/node_modules src/voltfleet/dashboard/static $(PEERS) .contracts .mypy_cache .ruff_cache .pytest_cache .hypothesis .schemathesis .import_linter_cache dist
	find src tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +
