#!/usr/bin/env bash
# Builds dist/. The only place that calls emcc.
#   ./build.sh wasm      src → dist/headlight/headlight-{baseline,simd,relaxed}.wasm and those of simd
#                        and relaxed with threads, checked
#   ./build.sh library   web/headlight → dist/headlight, with types
#   ./build.sh site      web → dist/site, ready for any static host
#   ./build.sh sizes     what load() fetches, in bytes; fails beyond the budget
#   ./build.sh           all of that
#   ./build.sh tests     tests/core → build/{baseline,simd,relaxed}/tests/test_*.wasm
#   ./build.sh bench     tests/bench/peak.c and the core's tiles → build/bench/peak-*.wasm
# What is newer than its sources is left alone.
set -euo pipefail
cd "$(dirname "$0")"

builds="baseline simd relaxed"
threaded="simd-threads relaxed-threads"

# The wasm features that each build may use, in clang's words; all others are refused.
# baseline runs in engines from 2019 to 2021 on (Chrome 74, Firefox 62, Safari 14.1); every engine
# that has SIMD has bulk memory and conversions that do not trap, so the other two use them.
features() {
    case $1 in
    baseline) echo mutable-globals sign-ext ;;
    simd) echo mutable-globals sign-ext bulk-memory nontrapping-fptoint simd128 ;;
    relaxed) echo mutable-globals sign-ext bulk-memory nontrapping-fptoint simd128 relaxed-simd ;;
    *-threads) echo "$(features "${1%-threads}")" atomics ;;
    esac
}

# No -ffast-math, and fused operations only where the source says so.
compile_flags="-std=c11 -ffp-contract=off -Isrc -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes
    -Wshadow -Werror"

# A reactor without JavaScript of Emscripten's; web/headlight loads it.
# -O2: at -O3 wasm-opt rewrites the loops of the tiles; and it would inline a tile into its only caller.
# Either way V8 spills their registers, and they run at half speed.
link_flags="-O2 --no-entry -sSTANDALONE_WASM -sFILESYSTEM=0 -sASSERTIONS=0 -sMALLOC=emmalloc
    -sBINARYEN_EXTRA_PASSES=--one-caller-inline-max-function-size=0
    -sSTACK_SIZE=64KB -sINITIAL_MEMORY=1MB -sALLOW_MEMORY_GROWTH=1 -sMAXIMUM_MEMORY=4GB"

# The loader makes the memory and gives it to every thread. The C library is the one without threads,
# which --no-check-features lets pass: only the thread that calls allocates, and no other calls it.
thread_link_flags="-sIMPORTED_MEMORY=1 -Wl,--shared-memory,--export-memory,--no-check-features
    -Wl,--export=_emscripten_stack_restore"

# A command for WASI, in which the C tests run. At -O1 wasm-opt only tidies.
test_link_flags="-O1 -sSTANDALONE_WASM -sFILESYSTEM=0 -sSTACK_SIZE=1MB -sALLOW_MEMORY_GROWTH=1
    -sMAXIMUM_MEMORY=4GB"

# What load() may fetch, wasm and JavaScript, in bytes of brotli.
budget=40960

die() { echo "build: $*" >&2; exit 1; }

# One build at a time.
mkdir -p build
exec 9>build/lock
! command -v flock >/dev/null || flock 9

# Is TARGET missing or older than something in the SOURCES that follow?
outdated() {
    local target=$1; shift
    [ ! -e "$target" ] || [ -n "$(find "$@" build.sh -newer "$target" -print -quit)" ]
}

# ---- wasm ------------------------------------------------------------------------------------

wasm() {
    local build job jobs=()
    outdated dist/.wasm src || return 0
    toolchain
    compile src $builds $threaded
    for build in $builds $threaded; do
        { link "$build" && check "$build"; } &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do wait "$job"; done
    touch dist/.wasm
}

toolchain() {
    PATH=$(./setup.sh toolchain):$PATH
    # emcc starts Python for each file; a version manager's shim would double that.
    PYTHON=$(python3 -c 'import sys; print(sys.executable)')
    export PYTHON
}

# Runs emcc with these flags and, each time, a line of standard input; several at once.
emcc_each() { xargs -r -P "$(getconf _NPROCESSORS_ONLN)" -L 1 emcc "$@"; }

# Compiles each source of a FOLDER for each BUILD; only what changed.
compile() {
    local folder=$1 header build source object; shift
    header=$(find src "$folder" build.sh -name '*.h' -o -name build.sh | xargs ls -t | head -n 1)
    for build; do
        mkdir -p "build/$build"
        find "$folder" -name '*.c' | while read -r source; do
            object=$(object "$build" "$source")
            [ "$object" -nt "$source" ] && [ "$object" -nt "$header" ] && continue
            echo "$(optimization "$source") $(compiler_features "$build") -c $source -o $object"
        done
    done | emcc_each $compile_flags
}

# The object of a BUILD and a SOURCE, its slashes as dots.
object() { local name=${2#src/}; echo "build/$1/${name//\//.}.o"; }

# The objects of a BUILD that FIND's conditions choose.
objects() {
    local build=$1 source; shift
    find "$@" -name '*.c' | sort | while read -r source; do object "$build" "$source"; done
}

# Kernels for speed, with those vectors alone that the source writes; what runs once a call for size.
optimization() {
    case $1 in
    src/kernels/* | tests/bench/*) echo -O2 -fno-vectorize -fno-slp-vectorize ;;
    *) echo -Os ;;
    esac
}

compiler_features() { echo "-mcpu=mvp $(features "$1" | sed -E 's/([^ ]+)/-m\1/g')"; }

link() {
    local flags=$link_flags
    [[ $1 != *-threads ]] || flags+=" $thread_link_flags"
    emcc $flags $(compiler_features "$1") $(objects "$1" src) -o "build/headlight-$1.wasm"
}

# Refuses instructions beyond the build's features, builds without the instructions they are for,
# and imports that the loader does not give. What passes goes to dist/.
check() {
    local file=build/headlight-$1.wasm allowed text imports
    allowed=$(features "$1" | sed -E 's/nontrapping-fptoint/nontrapping-float-to-int/
        s/simd128/simd/; s/atomics/threads/; s/([^ ]+)/--enable-\1/g')
    wasm-opt --mvp-features $allowed "$file" -o /dev/null 2>"build/$1.log" ||
        die "$file uses wasm features beyond $(features "$1"): $(head -n 3 "build/$1.log")"

    text=build/headlight-$1.wat
    wasm-dis "$file" -o "$text"
    [ "$1" = baseline ] || grep -q 'f32x4\.' "$text" || die "$file has no SIMD instructions"
    # wasm-opt takes relaxed instructions for ordinary SIMD, so these are looked up by name.
    if [[ $1 = relaxed* ]]; then
        grep -q '\.relaxed_' "$text" || die "$file has no relaxed SIMD instructions"
    else
        ! grep -q '\.relaxed_' "$text" || die "$file has relaxed SIMD instructions"
    fi
    imports='"env" "emscripten_notify_memory_growth"'
    if [[ $1 = *-threads ]]; then
        grep -q 'memory.atomic.wait32' "$text" || die "$file has no threads"
        imports+='|"env" "memory" \(memory [^ ]* 16 65536 shared\)'
    fi
    ! grep '(import ' "$text" | grep -Ev "$imports" ||
        die "$file has imports that the loader does not give"

    mkdir -p dist/headlight
    install -m 644 "$file" dist/headlight/
}

# ---- the C tests -----------------------------------------------------------------------------

# Each tests/core/test_*.c becomes a program of each build, with the kernels of that build.
tests() {
    local build common test program
    wasm
    outdated build/.tests dist/.wasm tests/core || return 0
    toolchain
    compile tests/core $builds
    for build in $builds; do
        mkdir -p "build/$build/tests"
        common=$(objects "$build" src tests/core ! -path 'src/wasm/*' ! -name 'test_*' ! -name fuzz.c)
        for test in tests/core/test_*.c; do
            program=build/$build/tests/$(basename "$test" .c).wasm
            test=$(object "$build" "$test")
            outdated "$program" $common "$test" || continue
            echo $(compiler_features "$build") $common "$test" -o "$program"
        done
    done | emcc_each $test_link_flags
    touch build/.tests
}

# ---- the benchmark ---------------------------------------------------------------------------

# The engine's peak, and the core's tiles without what is around them.
bench() {
    local build
    wasm
    outdated build/bench/.peak dist/.wasm tests/bench/peak.c || return 0
    toolchain
    compile tests/bench $builds
    mkdir -p build/bench
    for build in simd relaxed; do
        echo $(compiler_features "$build") $(objects "$build" tests/bench src/kernels/tile.c) \
            -o "build/bench/peak-$build.wasm"
    done | emcc_each $link_flags
    touch build/bench/.peak
}

# ---- JavaScript ------------------------------------------------------------------------------

# The library as one module, the client's and the workers' beside it, without comments, white space and
# long names: each request costs a page more than the bytes it brings, and the comments go into the
# types, which come from them. The others take HeadlightError from headlight.js. Their syntax stays:
# the names of Node's modules put in place would be what bundlers for browsers look for in vain.
library() {
    outdated dist/.library web/headlight tsconfig.json tsconfig.types.json || return 0
    ./setup.sh packages
    mkdir -p dist/headlight
    find dist/headlight -type f ! -name '*.wasm' -delete
    bundle_library headlight.js
    bundle_library client.js worker.js thread.js --external:./headlight.js
    node_modules/.bin/tsc -p tsconfig.types.json
    cp web/headlight/disposable.d.ts dist/headlight/
    touch dist/.library
}

# Bundles each FILE of web/headlight into one module of dist/headlight, with esbuild's FLAGS.
bundle_library() {
    (cd web/headlight && ../../node_modules/.bin/esbuild "$@" --bundle --format=esm --target=es2022 \
        --minify-whitespace --minify-identifiers --outdir=../../dist/headlight --log-level=warning)
}

# The page bundled into one module and one style sheet, the wasm files beside them, all links
# relative.
site() {
    wasm
    outdated dist/.site web dist/.wasm package-lock.json || return 0
    ./setup.sh packages
    rm -rf dist/site
    mkdir -p dist/site
    cp web/index.html dist/headlight/headlight-{baseline,simd,relaxed}.wasm dist/site/
    node_modules/.bin/esbuild app=web/app/main.js worker=web/app/worker.js style=web/style.css --bundle --format=esm \
        --minify --sourcemap --target=es2022 --log-level=warning --outdir=dist/site
    touch dist/.site
}

# Prints what load() may fetch, and refuses more than the budget.
sizes() {
    node --input-type=module - "$budget" <<'END'
import { readdirSync, readFileSync } from "node:fs";
import { brotliCompressSync, gzipSync } from "node:zlib";

const folder = "dist/headlight/";
const budget = Number(process.argv[2]);
const files = readdirSync(folder, { recursive: true });
// What connect() adds is beside what load() fetches.
const client = ["client.js", "worker.js"];
const js = files.filter((name) => name.endsWith(".js") && !client.includes(name));
const bytes = (encode, names) =>
  names.reduce((sum, name) => sum + encode(readFileSync(folder + name)).length, 0);
const measure = (names) => ({
  raw: bytes((content) => content, names),
  gzip: bytes(gzipSync, names),
  brotli: bytes(brotliCompressSync, names),
});

const table = { JavaScript: measure(js) };
for (const wasm of files.filter((name) => name.endsWith(".wasm"))) {
  table[wasm] = measure([wasm]);
  table[`${wasm} and JavaScript`] = measure([...js, wasm]);
}
console.table(table);
for (const [name, { brotli }] of Object.entries(table)) {
  if (brotli > budget) throw new Error(`${name}: more than ${budget} bytes of brotli`);
}
END
}

[ $# -gt 0 ] || set -- wasm library site sizes
for task; do
    case $task in
    wasm | library | site | sizes | tests | bench) "$task" ;;
    *) die "no such task: $task" ;;
    esac
done
