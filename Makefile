PORT ?= 8000

help:
	@echo 'make build    build dist/: the npm package and the static site'
	@echo 'make demo     build, then serve the page (make demo PORT=$(PORT))'
	@echo 'make test     build, then run the linters and all tests'
	@echo 'make bench    build, then measure attention beside its peers in three passes, and the page (bench-quick: a minute)'
	@echo 'make fuzz     run each fuzz target for FUZZ_SECONDS=$(FUZZ_SECONDS)'
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
	@./setup.sh tools browsers bundlers || true
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

.PHONY: help build demo test bench bench-quick lint format clean core-tests fuzz fuzzers

# The C tests: the machine's own compiler, with AddressSanitizer and UndefinedBehaviorSanitizer.
# Each tests/core/test_*.c is a program; the other files there are linked into all of them.
core_flags := -std=c11 -O2 -g -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow \
    -Werror -ffp-contract=off -Isrc -MMD -MP \
    -fsanitize=address,undefined,float-cast-overflow -fno-sanitize-recover=all
core_sources := $(filter-out src/wasm/%,$(shell find src -name '*.c')) \
    $(filter-out tests/core/test_% tests/core/fuzz.c,$(wildcard tests/core/*.c))
core_objects := $(core_sources:%.c=build/native/%.o)
core_tests := $(patsubst tests/core/%.c,build/native/%,$(wildcard tests/core/test_*.c))

core-tests: $(core_tests)

build/native/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(core_flags) -c $< -o $@

$(core_tests): build/native/%: build/native/tests/core/%.o $(core_objects)
	$(CC) $(core_flags) $^ -lm -o $@

# The fuzzers: libFuzzer, by the same checks. Each attempt of tests/core/attempt.c is a target, and what
# it found worth keeping lies in tests/core/corpus/.
# A null pointer plus 0, which clang reports, is what tensors without numbers come to; C2y defines it.
fuzz_flags := $(core_flags) -fno-sanitize=pointer-overflow
fuzz_targets := attention attention_backward multihead linear pack softmax embed position_encoding trace
fuzz_objects := $(core_sources:%.c=build/fuzz/%.o)
fuzzers := $(fuzz_targets:%=build/fuzz/%)
FUZZ_SECONDS ?= 60

fuzzers: $(fuzzers)

fuzz:
	@./setup.sh tools
	@$(MAKE) -s fuzzers
	@node tests/core/corpus.js unpack
	@for target in $(fuzz_targets); do \
	    mkdir -p build/fuzz/corpus/$$target; \
	    build/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -print_final_stats=1 \
	        -artifact_prefix=build/fuzz/ build/fuzz/corpus/$$target build/fuzz/kept/$$target \
	        2>build/fuzz/$$target.log || { tail -n 40 build/fuzz/$$target.log; exit 1; }; \
	    echo "$$target: $$(sed -n 's/^stat::number_of_executed_units: *//p' build/fuzz/$$target.log) runs"; \
	done

build/fuzz/%.o: %.c Makefile
	@mkdir -p $(@D)
	clang-19 $(fuzz_flags) -fsanitize=fuzzer-no-link -c $< -o $@

$(fuzzers): build/fuzz/%: $(fuzz_objects) tests/core/fuzz.c
	clang-19 $(fuzz_flags) -fsanitize=fuzzer -DATTEMPT=$* $(fuzz_objects) tests/core/fuzz.c -lm -o $@

.SECONDARY:
-include $(shell find build/native build/fuzz -name '*.d' 2>/dev/null)
