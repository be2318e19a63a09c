# Make (or refresh) the project's own virtual environment. Sourced by ./run, ./test and scripts/wheel with
# the name of a lock file in requirements/ as $1 (run or dev). Leaves $here (the checkout) and $python set; the
# caller's working directory stays. Needs python3 >= 3.11 with its venv module; no root.
#   KBVIEW_VENV     where the environment lies (default: .venv in the checkout)
#   KBVIEW_PURE     1: do not use the compiled modules of scripts/wheel
#   KBVIEW_WHEELS   a folder of wheels to install from, without a network (default: wheels/, if it is there)
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
[ -d "$here/requirements" ] || here=$(dirname -- "$here") # scripts/wheel lies a folder deeper
lock=$here/requirements/$1.txt
venv=${KBVIEW_VENV:-$here/.venv}
python=$venv/bin/python
stamp=$venv/.kbview-$1
wheels=${KBVIEW_WHEELS:-$here/wheels}
native=$venv/native # link to the package with compiled modules, by scripts/wheel --here

say() { printf 'kbview: %s\n' "$*" >&2; }

# The environment as it must be: it answers, it has pip, and every pinned package was installed.
complete() {
    [ -x "$python" ] && cmp -s "$lock" "$stamp"
}

make_venv() {
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
        say "python3 3.11 or newer is needed; found: $(python3 --version 2>&1)"
        return 1
    }
    if [ -e "$venv" ] && ! "$python" -I -c 'import pip, sys; sys.exit(sys.prefix == sys.base_prefix)' 2>/dev/null; then
        say "$venv is incomplete; it is made anew"
        rm -rf "$venv"
    fi
    [ -e "$venv" ] || python3 -m venv "$venv" >/dev/null 2>&1 || {
        rm -rf "$venv"
        say "python3 cannot make a virtual environment here; on Debian: sudo apt-get install python3-venv"
        return 1
    }
}

install() {
    set -- --quiet --disable-pip-version-check --require-virtualenv
    if [ -d "$wheels" ]; then
        say "installing from $wheels"
        "$python" -m pip install "$@" --no-index --find-links "$wheels" --requirement "$lock"
        return
    fi
    "$python" -m pip install "$@" --requirement "$lock" && return
    say "the packages of requirements/ could not be installed. Without a network, put their wheels" \
        "into $here/wheels (README, \"Without a network\")"
    return 1
}

# The names of all files of the package: a file that is gone is not newer than anything.
names() { (cd "$here/kbview" && find . -name __pycache__ -prune -o -type f -print | LC_ALL=C sort); }

# Let Python find the compiled modules, if they are of these very sources and this very Python.
use_compiled() {
    [ -z "${KBVIEW_PURE:-}" ] && [ -f "$native/.stamp" ] || return 0
    if [ -n "$(find "$here/kbview" -name __pycache__ -prune -o -type f -newer "$native/.stamp" -print -quit)" ] ||
        ! names | cmp -s - "$native/.names"; then
        say "sources are newer than the compiled modules: pure Python, until scripts/wheel --here has run again"
        return 0
    fi
    PYTHONPATH=$(readlink -f "$native")${PYTHONPATH:+:$PYTHONPATH}
    export PYTHONPATH
}

if ! complete; then
    if [ -e "$venv" ] && [ ! -w "$venv" ]; then
        say "$venv belongs to $(stat -c %U "$venv" 2>/dev/null) and has to be refreshed;" \
            "remove it (sudo rm -r $venv) or set KBVIEW_VENV to a folder of your own"
        exit 1
    fi
    say "setting up $venv, once: about a minute and 80 MB (Ctrl+C is safe: the next start goes on)"
    make_venv || exit 1
    install || exit 1
    cp "$lock" "$stamp" || exit 1
    if [ "$(basename "$0")" = run ] && command -v "${CC:-cc}" >/dev/null 2>&1; then
        say "a C compiler is here: scripts/wheel --here makes the emulator two to five times as fast"
    fi
    made=yes
fi
# Python finds the checkout through a .pth file, which is written anew where the checkout was moved.
if [ "$(cat "$venv/.kbview-path" 2>/dev/null)" != "$here" ]; then
    packages=$("$python" -I -c 'import sysconfig; print(sysconfig.get_path("purelib"))') || exit 1
    if [ -w "$packages" ]; then
        printf '%s\n' "$here" >"$packages/kbview.pth" && printf '%s\n' "$here" >"$venv/.kbview-path"
    else
        PYTHONPATH=$here${PYTHONPATH:+:$PYTHONPATH}
        export PYTHONPATH
    fi
fi
if [ "${made:-}" ] && [ -n "${SUDO_UID:-}" ] && [ "$(id -u)" = 0 ]; then
    chown -R "$SUDO_UID:${SUDO_GID:-$SUDO_UID}" "$venv" # the next start may be the user's own
fi
