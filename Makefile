PORT ?= 8000

help:
	@echo 'make build    build dist/: the npm package and the static site'
	@echo 'make demo     build, then serve the page (make demo PORT=$(PORT))'
	@echo 'make test     build, then run the linters and all tests'
	@echo 'make bench    build, then measure attention beside its peers, and the page (bench-quick: a minute)'
	@echo 'make lint     run the linters alone'
	@echo 'make format   format C and JavaScript'
	@echo 'make clean    remove what was built'

build:
	@./build.sh

demo: build
	@python3 -c 'import socket, sys; socket.create_server(("localhost", int(sys.argv[1])))' $(PORT) \
	    2>/dev/null || { echo 'Port $(PORT) is taken or not allowed; try make demo PORT=8001'; exit 1; }
	@PATH=$$(./setup.sh toolchain):$$PATH; trap : INT; \
	echo 'Headlight is at http://localhost:$(PORT)/ (Ctrl-C ends it)'; \
	test -n "$$DISPLAY$$WAYLAND_DISPLAY" && command -v xdg-open >/dev/null || \
	    test "$$(uname)" = Darwin || quiet=--no-browser; \
	emrun $$quiet --serve-after-close --no-emrun-detect --hostname localhost --port $(PORT) dist/site

test: build
	@./setup.sh tools browsers || true
	@node tests/run.js

bench: build
	@./setup.sh packages browsers
	@./build.sh bench
	@node tests/bench/attention.js
	@node tests/bench/page.js

bench-quick: build
	@./setup.sh packages browsers
	@./build.sh bench
	@node tests/bench/attention.js --quick

lint:
	@./setup.sh packages tools
	@node tests/run.js lint

format:
	@./setup.sh packages tools
	clang-format-19 -i $$(find src tests/core -name '*.[ch]')
	node_modules/.bin/biome check --write

clean:
	rm -rf build dist

.PHONY: help build demo test bench bench-quick lint format clean core-tests

# The C tests: the machine's own compiler, with AddressSanitizer and UndefinedBehaviorSanitizer.
# Each tests/core/test_*.c is a program; the other files there are linked into all of them.
core_flags := -std=c11 -O1 -g -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Werror -ffp-contract=off -Isrc -MMD -MP \
    -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all
core_sources := $(filter-out src/wasm/%,$(shell find src -name '*.c')) \
    $(filter-out tests/core/test_%,$(wildcard tests/core/*.c))
core_objects := $(core_sources:%.c=build/native/%.o)
core_tests := $(patsubst tests/core/%.c,build/native/%,$(wildcard tests/core/test_*.c))

core-tests: $(core_tests)

build/native/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(core_flags) -c $< -o $@

$(core_tests): build/native/%: build/native/tests/core/%.o $(core_objects)
	$(CC) $(core_flags) $^ -lm -o $@

.SECONDARY:
-include $(shell find build/native -name '*.d' 2>/dev/null)
