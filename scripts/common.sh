# Shared by the scripts of this folder. Sourced, not run.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'
else
  bold='' red='' green='' plain=''
fi

say() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }
die() {
  printf '%serror: %s%s\n' "$red" "$*" "$plain" >&2
  exit 1
}

# ccache finds the same object again in any checkout, with or without precompiled headers.
export CCACHE_DIR="${CCACHE_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/ccache}"
export CCACHE_BASEDIR="$PWD"
export CCACHE_NOHASHDIR=1
export CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
export CCACHE_MAXSIZE="${CCACHE_MAXSIZE:-5G}"

# Installs the packages of packages.txt that are missing; says and does nothing when none is.
install_packages() {
  local missing=() package
  while read -r package; do
    case "$package" in
      '' | '#'*) continue ;;
      # From elsewhere they cannot be installed beside Debian's, and do as well.
      nodejs) command -v node >/dev/null && continue ;;
      npm) command -v npm >/dev/null && continue ;;
    esac
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
  done <scripts/packages.txt
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null || die "needs Debian 12 (apt-get); missing: ${missing[*]}"
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "run as root, or install sudo; missing packages: ${missing[*]}"
    root=(sudo)
  fi
  say "installing ${#missing[@]} packages: ${missing[*]}"
  "${root[@]}" apt-get update -qq || die "apt-get update failed; is the machine online?"
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
    die "apt-get could not install: ${missing[*]}"
}

# Installs the OCPP servers of other makers that tests talk to, as their lock file says; says and does nothing
# when they are there. Once they are in npm's cache it needs no network.
install_peers() {
  local peer=tests/integration/ocpp/peer
  cmp -s "$peer/package-lock.json" "$peer/node_modules/.installed-lock.json" && return 0
  say "installing the OCPP peers of the tests (npm)"
  (cd "$peer" && npm ci --prefer-offline --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null) ||
    die "npm could not install $peer; is the machine online?"
  cp "$peer/package-lock.json" "$peer/node_modules/.installed-lock.json"
}

# build PRESET [TARGET...]
build() {
  local preset=$1
  shift
  if [ ! -f "build/$preset/build.ninja" ]; then
    say "configuring build/$preset"
    cmake --preset "$preset" >"/tmp/vfleet-cmake-$$.log" 2>&1 || {
      cat "/tmp/vfleet-cmake-$$.log" >&2
      rm -f "/tmp/vfleet-cmake-$$.log"
      die "cmake --preset $preset failed"
    }
    rm -f "/tmp/vfleet-cmake-$$.log"
  fi
  say "building build/$preset (the first time takes minutes)"
  # Plain lines in a log, a moving one on a terminal; ninja decides.
  cmake --build "build/$preset" -- ${VFLEET_JOBS:+-j "$VFLEET_JOBS"} "$@" || die "the build failed"
}
