#!/bin/sh
# Makes .venv with the locked versions, after checking for the system libraries that Qt needs.
set -eu
cd "$(dirname "$0")/.."

# Debian package names, each with the file that shows that it is there.
LIBRARIES="
libegl1:libEGL.so.1
libgl1:libGL.so.1
libglib2.0-0:libglib-2.0.so.0
libdbus-1-3:libdbus-1.so.3
libfontconfig1:libfontconfig.so.1
libxkbcommon0:libxkbcommon.so.0
libxcb-cursor0:libxcb-cursor.so.0
libxcb-icccm4:libxcb-icccm.so.4
libxcb-keysyms1:libxcb-keysyms.so.1
libxcb-shape0:libxcb-shape.so.0
libxcb-xkb1:libxcb-xkb.so.1
libxkbcommon-x11-0:libxkbcommon-x11.so.0
"

find_python() {
  for name in python3.11 python3.12 python3.13 python3; do
    if command -v "$name" >/dev/null &&
      "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'; then
      echo "$name"
      return
    fi
  done
  echo "ConvNet Studio needs Python 3.11, 3.12 or 3.13, and found none on PATH." >&2
  exit 1
}

missing_packages() {
  known=$(PATH="$PATH:/sbin:/usr/sbin" ldconfig -p)
  for entry in $LIBRARIES; do
    case $known in
      *"${entry#*:}"*) ;;
      *) printf '%s ' "${entry%%:*}" ;;
    esac
  done
  # A font, or every label would be a row of boxes.
  if ! find /usr/share/fonts \( -name '*.ttf' -o -name '*.otf' \) 2>/dev/null | grep -q .; then
    printf 'fonts-dejavu-core '
  fi
  # Debian ships the venv module's wheels apart.
  "$python" -c 'import ensurepip, venv' 2>/dev/null ||
    printf '%s-venv ' "$("$python" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')"
}

install_packages() {
  if [ "$(uname)" != Linux ]; then
    return
  fi
  packages=$(missing_packages)
  if [ -z "$packages" ]; then
    return
  fi
  command="apt-get install -y --no-install-recommends $packages"
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing the system libraries that are missing: $packages"
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive $command
  else
    echo "These system libraries are missing: $packages" >&2
    echo "Install them (the names are Debian's), then run make again:" >&2
    echo "  sudo $command" >&2
    exit 1
  fi
}

python=$(find_python)
install_packages
[ -x .venv/bin/python ] || "$python" -m venv .venv
echo "Installing the locked packages into .venv …"
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/dev.lock
.venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
touch .venv/.set-up
