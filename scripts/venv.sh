# Make (or refresh) the project's own virtual environment with the extras named in $1.
# Sourced by ./run and ./test; leaves $python set. Needs python3 >= 3.11 with its venv module; no root.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
cd "$here" || exit 1
venv=${KBVIEW_VENV:-$here/.venv}
python=$venv/bin/python
stamp=$venv/.kbview-$1
if [ ! -x "$python" ] || [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        { echo "kbview needs python3 3.11 or newer; found $(python3 --version 2>&1)" >&2; exit 1; }
    [ -x "$python" ] || python3 -m venv "$venv" ||
        { echo "python3 has no venv module here; on Debian: apt-get install python3-venv" >&2; exit 1; }
    echo "kbview: setting up $venv (once)" >&2
    "$python" -m pip install --quiet --disable-pip-version-check --editable ".${1:+[$1]}" || exit 1
    touch "$stamp"
fi
