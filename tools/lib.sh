# SPDX-License-Identifier: MIT
# Shell functions that the scripts here share. Source it with the repository's root as the current folder.

say() { printf '%s\n' "$*" >&2; }

die() {
    say "error: $*"
    exit 1
}

# apt_install PACKAGE...: installs them, or says in one line what to do where there is no apt-get.
apt_install() {
    command -v apt-get >/dev/null || die "install what provides: $* (Debian's names) and run this again"
    say "installing $* with apt-get"
    local root=()
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || die "not root and no sudo: install $* and run this again"
        root=(sudo)
    fi
    # Package lists may be there and recent enough; if not, they are fetched and it is tried once more.
    DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq "$@" </dev/null >&2 || {
        "${root[@]}" apt-get update -qq </dev/null >&2
        DEBIAN_FRONTEND=noninteractive "${root[@]}" apt-get install -y -qq "$@" </dev/null >&2
    }
}

# require_commands COMMAND:PACKAGE...
require_commands() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
    done
    [ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
}

# require_library NAME VERSION PACKAGE: a library that pkg-config knows.
require_library() {
    pkg-config --exists "$1 >= $2" || apt_install "$3"
}

# pythons: each CPython from 3.10 on, one line of "version path" for each version, oldest first.
pythons() {
    local candidate version
    {
        for version in 10 11 12 13 14; do command -v "python3.$version" || true; done
        command -v python3 || true
        if command -v pyenv >/dev/null; then ls -d "$(pyenv root)"/versions/*/bin/python 2>/dev/null || true; fi
    } | while read -r candidate; do
        # Asks it: what a version manager puts on PATH may only say that the version is not selected.
        "$candidate" -c 'import sys
if sys.implementation.name == "cpython" and sys.version_info >= (3, 10):
    print("%d.%d" % sys.version_info[:2], sys.executable)' 2>/dev/null || true
    done | sort -t. -k2n -s | awk '!seen[$1]++'
}

# find_python: the python3 on PATH when it is new enough, else the newest there is.
find_python() {
    if python3 -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        python3 -c 'import sys; print(sys.executable)'
        return
    fi
    local found
    found=$(pythons | tail -n 1 | cut -d' ' -f2)
    if [ -z "$found" ]; then
        apt_install python3 python3-venv python3-dev
        found=$(command -v python3)
    fi
    echo "$found"
}
