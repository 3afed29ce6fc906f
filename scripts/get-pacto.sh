#!/bin/sh
# Installs pacto and its official plugins from a release, or from a directory that looks like one.
#
#   get-pacto.sh [--version 1.2.3] [--no-sudo]
#
# PACTO_INSTALL_DIR   where to (default /usr/local/bin)
# PACTO_RELEASES      where releases are: https://…/releases/download, or a directory; VERSION/FILE is appended
#
# Every file is checked against checksums.txt of the release. Without a checksum nothing is installed.
set -eu

releases=${PACTO_RELEASES:-https://github.com/TrianaLab/pacto/releases/download}
latest=${PACTO_LATEST:-https://api.github.com/repos/TrianaLab/pacto/releases/latest}
directory=${PACTO_INSTALL_DIR:-/usr/local/bin}
programs='pacto pacto-plugin-helm pacto-plugin-openapi-infer pacto-plugin-schema-infer'
version=
sudo=sudo

fail() {
  echo "get-pacto: $1" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case $1 in
    -v | --version)
      [ $# -gt 1 ] || fail "$1 wants a version, such as 1.2.3"
      version=$2
      shift
      ;;
    --no-sudo) sudo= ;;
    -h | --help)
      sed -n '2,9s/^# \{0,1\}//p' "$0"
      exit 0
      ;;
    *) fail "there is no option $1; see --help" ;;
  esac
  shift
done

case $(uname -s) in
  Linux) os=linux ;;
  Darwin) os=darwin ;;
  *) fail "there is no build for $(uname -s)" ;;
esac
case $(uname -m) in
  x86_64 | amd64) arch=amd64 ;;
  aarch64 | arm64) arch=arm64 ;;
  *) fail "there is no build for $(uname -m)" ;;
esac

# What a release holds, into a file.
fetch() {
  case $1 in
    https://* | http://127.0.0.1:* | http://localhost:*)
      curl --fail --silent --show-error --location --proto-redir =https --max-time 300 --output "$2" "$1" || fail "$1 cannot be fetched"
      ;;
    http://*) fail "$1 is not encrypted" ;;
    *) cp "$1" "$2" 2>/dev/null || fail "$1 is not there" ;;
  esac
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

if [ -z "$version" ]; then
  fetch "$latest" "$work/latest"
  version=$(sed -n 's/.*"tag_name"[^"]*"\([^"]*\)".*/\1/p' "$work/latest" | head -n 1)
  [ -n "$version" ] || fail "nobody says which version is the newest; name one with --version"
fi
# Tags begin with a v, versions do not.
version=${version#v}
case $version in
  *[!0-9A-Za-z.+-]* | '') fail "$version is no version" ;;
esac
tag=v$version

fetch "$releases/$tag/checksums.txt" "$work/checksums.txt"
if command -v sha256sum >/dev/null 2>&1; then
  sum() { sha256sum "$1" | cut -d ' ' -f 1; }
else
  sum() { shasum -a 256 "$1" | cut -d ' ' -f 1; }
fi

for program in $programs; do
  file=${program}_${os}_${arch}
  expected=$(awk -v file="$file" '$2 == file || $2 == "*" file {print $1; exit}' "$work/checksums.txt")
  [ -n "$expected" ] || fail "checksums.txt of $tag has no $file; nothing was installed"
  fetch "$releases/$tag/$file" "$work/$program"
  found=$(sum "$work/$program")
  [ "$found" = "$expected" ] || fail "$file has checksum $found and should have $expected; nothing was installed"
  chmod 0755 "$work/$program"
done

if [ -d "$directory" ] && [ -w "$directory" ] || mkdir -p "$directory" 2>/dev/null && [ -w "$directory" ]; then
  sudo=
elif [ -z "$sudo" ]; then
  fail "$directory may not be written; set PACTO_INSTALL_DIR, or leave --no-sudo out"
fi
$sudo mkdir -p "$directory"
for program in $programs; do
  # Beside its place first: a program that runs is replaced, never half of it.
  $sudo cp "$work/$program" "$directory/.$program.new"
  $sudo chmod 0755 "$directory/.$program.new"
  $sudo mv -f "$directory/.$program.new" "$directory/$program"
done
echo "pacto $version is installed in $directory"
