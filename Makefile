# What a person types. Everything sets up what it needs, and is quick the second time.

.PHONY: help
help:
	@echo 'make demo       the main job end to end, explained as it runs'
	@echo 'make test       C tests and pytest'
	@echo 'make test-all   the same on every CPython from 3.10 on that is found'
	@echo 'make test-openssl35   the same in a folder with a Debian that has OpenSSL 3.5'
	@echo 'make rows       which rows of the API no conformance test reaches'
	@echo 'make build      the extensions and the engine, in place, in .venv'
	@echo 'make lint       ruff, cython-lint, clang-format, how long files are'
	@echo 'make format     puts Python and C into the form that lint wants'
	@echo 'make types      mypy, stubtest, the typing tests'
	@echo 'make docs       the pages held against the code, and made a site in build/site'
	@echo 'make bench      measured against peers'
	@echo 'make coverage   lines and branches of Cython, Python and C'
	@echo 'make sanitize   the C tests under AddressSanitizer and UBSan, then under ThreadSanitizer'
	@echo 'make fuzz       the engine'\''s parsers, a minute each, under sanitizers'
	@echo 'make lifetimes  handles and tokens closed in every order, 10,000 times, under AddressSanitizer'
	@echo 'make package    sdist, wheel, and a smoke test of both in fresh environments'
	@echo 'make windows    the Windows build, run under Wine; the ABI against the metadata of Windows'
	@echo 'make bench-windows   what a call costs under Wine, beside ctypes and win32more'
	@echo 'make clean      removes what was built (not the environments)'

.PHONY: build
build:
	@tools/setup

.PHONY: demo
demo: build
	@.venv/bin/python examples/demo.py

.PHONY: test
test: build
	@tools/verifiers
	@tools/test

.PHONY: test-all
test-all: build
	@tools/verifiers
	@$(MAKE) --no-print-directory -s -j2 -C tests/engine
	@tools/test-all

.PHONY: test-openssl35
test-openssl35:
	@tools/openssl35

.PHONY: rows
rows: build
	@tools/rows

.PHONY: bench
bench: build
	@.venv/bin/python -m pip install --quiet --group bench --constraint tools/constraints.txt
	@.venv/bin/python -m benchmarks

.PHONY: lint
lint: build
	@tools/lint

.PHONY: format
format: build
	@tools/lint --fix

.PHONY: types
types: build
	@tools/types

.PHONY: docs
docs: build
	@tools/docs

.PHONY: sanitize
sanitize:
	@$(MAKE) --no-print-directory -s -j2 -C tests/engine SAN=address,undefined
	@$(MAKE) --no-print-directory -s -j2 -C tests/engine SAN=thread

.PHONY: fuzz
fuzz:
	@tools/fuzz

.PHONY: lifetimes
lifetimes: build
	@tools/lifetimes

.PHONY: coverage
coverage: build
	@tools/coverage

.PHONY: package
package: build
	@tools/package

.PHONY: windows
windows: build
	@tools/windows/smoke
	@tools/windows/verify
	@tools/windows/thunks
	@tools/windows/abi

.PHONY: bench-windows
bench-windows: build
	@tools/windows/bench

.PHONY: clean
clean:
	rm -rf build dist *.egg-info
	rm -f ncrypt_ext/*.so ncrypt_ext/*.dylib ncrypt_ext/*.pyd
	find ncrypt_ext tests examples benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
