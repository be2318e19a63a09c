.PHONY: check format bench

check:            ## the gate, as in CI
	./test

format:
	.venv/bin/ruff format . && .venv/bin/ruff check --fix .

bench:            ## every claim about speed, beside its peer
	./test tests/emulator && .venv/bin/python -m benchmarks
