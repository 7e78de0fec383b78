#!/usr/bin/env bash
# Makes .venv with everything that constraints.txt pins; first installs the system packages that are missing.
#
# PYTHON  the Python to use (default: the best of those found, 3.11 to 3.13)
# TORCH   what to install torch from (default: torch). A build for a certain GPU comes from its own index:
#         make clean; make TORCH="torch --index-url ADDRESS" demo, with the address that pytorch.org names.
# pip's own variables (PIP_INDEX_URL and so on) hold as always.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf 'set-up: %s\n' "$*"; }
fail() {
  printf 'set-up: %s\n' "$*" >&2
  exit 1
}

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
has_wheels() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' >/dev/null 2>&1; }
has_venv() { "$1" -c 'import venv, ensurepip' >/dev/null 2>&1; }
has_headers() { "$1" -c 'import pathlib, sys, sysconfig; sys.exit(not pathlib.Path(sysconfig.get_path("include"), "Python.h").exists())' >/dev/null 2>&1; }
has_cairo() { command -v pkg-config >/dev/null && pkg-config --exists cairo pangocairo; }
has_compiler() { command -v cc >/dev/null || command -v gcc >/dev/null || command -v clang >/dev/null; }

# The arguments with commas between them.
list() { printf '%s\n' "$@" | paste -sd, - | sed 's/,/, /g'; }

# Sets python to the one to use, or to nothing.
find_python() {
  local name
  python=
  if [[ -n "${PYTHON:-}" ]]; then
    is_new_enough "$PYTHON" || fail "PYTHON is '$PYTHON', which is not a Python 3.11 or newer; give the path of one."
    python=$PYTHON
    return
  fi
  for name in python3 python3.13 python3.12 python3.11; do
    if has_wheels "$name"; then
      python=$name
      return
    fi
  done
  if is_new_enough python3; then python=python3; fi
}

# Sets missing to what is not there, in words.
find_missing() {
  find_python
  missing=()
  has_cairo || missing+=("cairo and pango with pkg-config")
  has_compiler || missing+=("a C compiler")
  if [[ -z "$python" ]]; then
    missing+=("Python 3.11 or newer")
  else
    has_venv "$python" || missing+=("Python's venv")
    has_headers "$python" || missing+=("Python's headers")
  fi
}

install_with_apt() {
  local as_root=() packages=(libcairo2-dev libpango1.0-dev pkg-config build-essential) version
  if [[ $EUID -ne 0 ]]; then
    command -v sudo >/dev/null || fail "missing: $(list "${missing[@]}"); as root, run: apt-get install ${packages[*]} python3-dev python3-venv"
    as_root=(sudo)
  fi
  local apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  "${apt[@]}" update || say "apt-get update failed; trying with the package lists that are there"
  if [[ -z "$python" ]]; then
    for version in 3.13 3.12 3.11; do
      if apt-cache show "python$version-venv" >/dev/null 2>&1; then
        packages+=("python$version" "python$version-dev" "python$version-venv")
        break
      fi
    done
  elif ! has_venv "$python" || ! has_headers "$python"; then
    # The packages of this very Python where it is the system's, whose default may be another.
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if apt-cache show "python$version-venv" >/dev/null 2>&1; then
      packages+=("python$version-dev" "python$version-venv")
    else
      packages+=(python3-dev python3-venv)
    fi
  fi
  "${apt[@]}" install -y --no-install-recommends "${packages[@]}" >/dev/null ||
    fail "apt-get could not install ${packages[*]}; install them and run this again."
}

install_with_brew() {
  local packages=(cairo pango pkg-config)
  if [[ -z "$python" ]]; then packages+=(python@3.12); fi
  brew install --quiet "${packages[@]}" || fail "brew could not install ${packages[*]}; install them and run this again."
  hash -r
  if [[ -z "${PYTHON:-}" ]] && ! has_wheels python3 && [[ -x "$(brew --prefix)/bin/python3.12" ]]; then PYTHON="$(brew --prefix)/bin/python3.12"; fi
}

find_missing
if [[ ${#missing[@]} -gt 0 ]]; then
  say "installing what is missing: $(list "${missing[@]}")"
  if command -v apt-get >/dev/null; then
    install_with_apt
  elif command -v brew >/dev/null; then
    install_with_brew
  else
    fail "missing: $(list "${missing[@]}"); install this with your system's package manager and run this again."
  fi
  hash -r
  find_missing
  [[ ${#missing[@]} -eq 0 ]] || fail "still missing: $(list "${missing[@]}"); install this, or give another Python by PYTHON=/path/to/python3.12."
fi

if ! .venv/bin/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
  say "making .venv with $("$python" --version)"
  "$python" -m venv --clear .venv
fi

export PIP_NO_INPUT="${PIP_NO_INPUT:-1}" PIP_DISABLE_PIP_VERSION_CHECK="${PIP_DISABLE_PIP_VERSION_CHECK:-1}"
pip=(.venv/bin/python -m pip install -q --progress-bar off -c constraints.txt)

say "installing the Python packages; the first time takes some minutes"
# torch comes first and alone, so that what TORCH says decides which build of it the others find.
read -r -a torch <<<"${TORCH:-torch}"
"${pip[@]}" "${torch[@]}" || fail "pip could not install ${torch[*]}; see above, and check the network and pip's settings."
"${pip[@]}" -e '.[dev]' ||
  fail "pip could not install the packages, see above. If pycairo or manimpango failed to build, it lacks cairo, pango or a compiler:" \
    "Debian or Ubuntu: apt-get install libcairo2-dev libpango1.0-dev pkg-config build-essential python3-dev; macOS: brew install cairo pango pkg-config."

touch .venv/.ready
say "done"
