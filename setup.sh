#!/usr/bin/env bash
# Finds or installs what building and testing need. Nothing is done twice.
#   ./setup.sh toolchain   Emscripten; prints the folders of its tools as a piece of PATH
#   ./setup.sh packages    npm packages, by the lock file
#   ./setup.sh bundlers    those that the package is tested in, by the lock file of tests/js/bundlers
#   ./setup.sh tools       clang-format, clang-tidy and libFuzzer
#   ./setup.sh browsers    Chromium, Firefox and WebKit for the tests, the fonts of the page, and NumPy
# On Debian and Ubuntu it installs with apt (as root or by sudo); elsewhere it says what is missing.
set -euo pipefail
cd "$(dirname "$0")"

# Before 3.1.60 relaxed SIMD has opcodes that no engine takes (Debian 12 ships 3.1.6).
emscripten_min=3.1.60
emscripten_pin=3.1.69
llvm=19

say() { echo "setup: $*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null; }
any_of() { local name; for name; do have "$name" && return; done; return 1; }
at_least() { [ "$(printf '%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

# ---- apt -------------------------------------------------------------------------------------

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"
    elif have sudo; then sudo "$@"
    else die "needs root or sudo for: $*"
    fi
}

installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Installs the packages that are missing; updates apt's lists only if it fails without.
apt_install() {
    local package missing=()
    have apt-get || die "missing: $*. Please install them; only Debian and Ubuntu are automatic"
    for package; do installed "$package" || missing+=("$package"); done
    [ ${#missing[@]} = 0 ] && return
    say "installing ${missing[*]} (a minute or two)"
    apt_get install "${missing[@]}" && return
    say "updating apt's package lists and trying again"
    apt_get update && apt_get install "${missing[@]}" || die "could not install ${missing[*]}"
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
        -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" >&2
}

# ---- toolchain -------------------------------------------------------------------------------

# Prints the PATH of an emcc that is new enough: its own folder and that of Binaryen's tools.
accept() {
    local version
    [ -x "$1" ] || return 1
    version=$("$1" --version 2>/dev/null | grep -oEm 1 '[0-9]+\.[0-9]+\.[0-9]+') || return 1
    if ! at_least "$version" "$emscripten_min"; then
        say "passing over $1: version $version, needed is $emscripten_min or newer"
        return 1
    fi
    echo "$(dirname "$1"):$("$(dirname "$1")/em-config" BINARYEN_ROOT)/bin"
}

find_toolchain() {
    accept "$(command -v emcc || true)" ||
        accept "${EMSDK:-}/upstream/emscripten/emcc" ||
        accept "$PWD/.toolchain/emsdk/upstream/emscripten/emcc" ||
        accept "$PWD/.toolchain/emscripten/bin/emcc"
}

# Every way of installing works in .toolchain/new and renames it when all is there, so that an
# interrupted one leaves nothing that looks whole.
install_toolchain() {
    rm -rf .toolchain/new
    mkdir -p .toolchain/new
    if ! install_emsdk && ! install_emscripten_package; then
        have apt-get && grep -q '^VERSION_CODENAME=bookworm$' /etc/os-release ||
            die "no Emscripten: put emcc $emscripten_min or newer on PATH, or set EMSDK"
        install_emscripten_for_bookworm
    fi
    rm -rf .toolchain/new
}

install_emsdk() {
    local url=https://github.com/emscripten-core/emsdk
    say "looking for Emscripten $emscripten_pin at $url"
    GIT_TERMINAL_PROMPT=0 git clone -q --depth 1 --branch "$emscripten_pin" \
        $url .toolchain/new/emsdk 2>/dev/null || { say "not to be reached"; return 1; }
    say "installing it (some minutes)"
    .toolchain/new/emsdk/emsdk install "$emscripten_pin" >&2 &&
        .toolchain/new/emsdk/emsdk activate "$emscripten_pin" >&2 || return 1
    mv .toolchain/new/emsdk .toolchain/emsdk
}

# A distribution that is itself new enough (Debian 13).
install_emscripten_package() {
    local version
    have apt-cache || return 1
    version=$(apt-cache policy emscripten | sed -n 's/ *Candidate: //p')
    at_least "${version:-0}" "$emscripten_min" && apt_install emscripten
}

# Debian 12: clang from Debian 12 itself; Emscripten and Binaryen from Debian 13, unpacked here,
# with the C library that Binaryen needs beside it. The machine's own suite and sources stay.
install_emscripten_for_bookworm() {
    local mirror new=$PWD/.toolchain/new/emscripten apt=$PWD/.toolchain/new/apt options package
    apt_install clang-$llvm lld-$llvm llvm-$llvm
    mirror=$(bookworm_mirror)
    [ -n "$mirror" ] || { apt_get update && mirror=$(bookworm_mirror); }
    [ -n "$mirror" ] || die "apt has no source for Debian bookworm"

    say "fetching Emscripten $emscripten_pin and Binaryen from Debian 13 (250 MB)"
    mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/deb" "$new/bin"
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror trixie main" \
        >"$apt/sources.list"
    options=(-q -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=-
        -o "Dir::State::Lists=$apt/lists" -o "Dir::Cache=$apt/cache" -o APT::Sandbox::User=)
    apt-get "${options[@]}" update >&2
    (cd "$apt/deb" && apt-get "${options[@]}" download \
        {emscripten,binaryen,libc6,libstdc++6,libgcc-s1}/trixie >&2)

    say "unpacking"
    for package in "$apt"/deb/*.deb; do
        dpkg-deb --fsys-tarfile "$package" | tar -x -C "$new" --exclude='./usr/share/doc' \
            --exclude='*/wasm32-emscripten/lto*' --exclude='*/wasm32-emscripten/pic' \
            --exclude='./usr/share/emscripten/test'
    done
    wrap_tools "$new"
    accept "$new/bin/emcc" >/dev/null || die "the unpacked Emscripten does not run"
    mv "$new" .toolchain/emscripten
}

bookworm_mirror() {
    apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(COMPONENT) $(REPO_URI)' \
        'Created-By: Packages' | awk '$1 " " $2 " " $3 == "Debian bookworm main" { print $4 }' |
        head -n 1
}

# Gives the unpacked tools of ROOT their own C library and configuration, wherever ROOT stands.
wrap_tools() {
    local root=$1 tool loader libraries
    loader=$(cd "$root" && echo usr/lib*/ld-linux*.so.*)
    libraries=$(cd "$root" && echo usr/lib/*-linux-gnu)
    cat >"$root/config" <<END
import os, shutil
root = os.path.dirname(os.environ["EM_CONFIG"])
EMSCRIPTEN_ROOT = root + "/usr/share/emscripten"
LLVM_ROOT = "/usr/lib/llvm-$llvm/bin"
BINARYEN_ROOT = root
NODE_JS = shutil.which("node")
CACHE = EMSCRIPTEN_ROOT + "/cache"
FROZEN_CACHE = True
END
    for tool in emcc em-config emrun; do
        cat >"$root/bin/$tool" <<END
#!/bin/sh
root=\$(cd "\$(dirname "\$0")/.." && pwd)
EM_CONFIG=\$root/config exec "\$root/usr/share/emscripten/$tool" "\$@"
END
    done
    for tool in $(cd "$root/usr/bin" && echo wasm*); do
        cat >"$root/bin/$tool" <<END
#!/bin/sh
root=\$(cd "\$(dirname "\$0")/.." && pwd)
exec "\$root/$loader" --library-path "\$root/$libraries" "\$root/usr/bin/$tool" "\$@"
END
    done
    chmod +x "$root"/bin/*
}

toolchain() {
    any_of python3 || die "missing: Python 3"
    find_toolchain && return
    install_toolchain
    find_toolchain
}

# ---- the rest --------------------------------------------------------------------------------

packages() {
    # A link's folder is its owner's to fill; npm ci would empty it first.
    [ ! -L node_modules ] || return 0
    npm_ci . "npm packages (900 MB, two minutes)"
}

# Apart from the project's own, since their sources are searched for tests and types.
bundlers() {
    local folder=.toolchain/bundlers
    mkdir -p $folder
    cp .npmrc tests/js/bundlers/package{,-lock}.json $folder/
    npm_ci $folder "bundlers to test the package in (800 MB, two minutes)"
}

# Installs what the lock file of a FOLDER names, WHAT, unless it is there.
npm_ci() (
    local force=()
    cd "$1"
    cmp -s package-lock.json node_modules/.installed-lock.json && return
    any_of node || die "missing: Node 20 or newer"
    node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' ||
        die "Node $(node --version) is too old, needed is 20 or newer"
    # The other Node versions of the tests exist for Linux on x64 only.
    [ "$(uname -sm)" = "Linux x86_64" ] || force=(--force)
    say "installing $2"
    npm ci --ignore-scripts --no-audit --no-fund "${force[@]}" >&2
    cp package-lock.json node_modules/.installed-lock.json
)

tools() {
    any_of clang-format-$llvm && any_of clang-tidy-$llvm && has_fuzzer && return
    apt_install clang-format-$llvm clang-tidy-$llvm clang-$llvm libclang-rt-$llvm-dev
}

has_fuzzer() {
    have clang-$llvm && ls "$(clang-$llvm -print-resource-dir)"/lib/*/libclang_rt.fuzzer* >/dev/null 2>&1
}

# WebKit with a driver is only to be had from a distribution: WebKitGTK, on a screen in memory.
browsers() {
    local missing=()
    any_of chromium chromium-browser google-chrome-stable google-chrome ||
        missing+=("$(chromium_package)")
    any_of firefox-esr firefox || missing+=(firefox-esr)
    any_of WebKitWebDriver || missing+=(webkit2gtk-driver)
    any_of xvfb-run && any_of xauth || missing+=(xvfb xauth)
    if have apt-get; then missing+=(fonts-inter fonts-urw-base35 python3-numpy); fi
    [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
}

chromium_package() {
    grep -q '^ID=ubuntu$' /etc/os-release && echo chromium-browser || echo chromium
}

[ $# -gt 0 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2; }
for task; do
    case $task in
    toolchain | packages | bundlers | tools | browsers) "$task" ;;
    *) die "no such task: $task" ;;
    esac
done
