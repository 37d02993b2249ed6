#!/bin/sh
# Installs updsts of a release for this user, without a compiler:
#
#   curl -fsSL https://github.com/OWNER/updsts/releases/latest/download/install.sh | sh
#
# UPDSTS_INSTALL_DIR is where to (not set: ~/.local/bin), UPDSTS_BASE_URL where the release's files are.
# Nothing is installed unless the archive has the sum that SHA256SUMS has for it.
set -eu

version=0.1.0
base=${UPDSTS_BASE_URL:-https://github.com/OWNER/updsts/releases/download/$version}

fail() {
    echo "error: $1" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

target() {
    processor=$(uname -m)
    case $processor in
        x86_64 | amd64) processor=x86_64 ;;
        aarch64 | arm64) processor=aarch64 ;;
        *) fail "there is no archive for the processor $processor; see the README for other ways" ;;
    esac
    case $(uname -s) in
        # The static programs run on every Linux.
        Linux) echo "$processor-unknown-linux-musl" ;;
        Darwin) echo "$processor-apple-darwin" ;;
        *) fail "there is no archive for $(uname -s); see the README for other ways" ;;
    esac
}

# Where the release is reached by https, so is what it redirects to.
fetch() {
    if has curl; then
        curl --proto "=${base%%:*}" --fail --silent --show-error --location --output "$2" "$1"
    elif has wget; then
        wget --quiet --output-document="$2" "$1"
    else
        fail "this needs curl or wget"
    fi || fail "cannot download $1"
}

sum_of() {
    if has sha256sum; then
        sha256sum "$1"
    elif has shasum; then
        shasum -a 256 "$1"
    else
        fail "this needs sha256sum or shasum"
    fi | cut -d ' ' -f 1
}

# Run only once the script has arrived whole.
main() {
    to=${UPDSTS_INSTALL_DIR:-${HOME:?}/.local/bin}
    name=updsts-$version-$(target)
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 1' HUP INT TERM
    fetch "$base/SHA256SUMS" "$folder/SHA256SUMS"
    fetch "$base/$name.tar.gz" "$folder/$name.tar.gz"
    expected=$(awk -v name="$name.tar.gz" '$2 == name { print $1 }' "$folder/SHA256SUMS")
    [ -n "$expected" ] || fail "SHA256SUMS has no line for $name.tar.gz; nothing was installed"
    [ "$(sum_of "$folder/$name.tar.gz")" = "$expected" ] ||
        fail "$name.tar.gz does not have the sum that SHA256SUMS has for it; nothing was installed"
    tar -xzf "$folder/$name.tar.gz" -C "$folder"
    mkdir -p "$to"
    # Renamed into its place, so that a program that runs is not written into.
    cp "$folder/$name/updsts" "$to/.updsts.new"
    chmod 755 "$to/.updsts.new"
    mv -f "$to/.updsts.new" "$to/updsts"
    echo "installed $("$to/updsts" --version) as $to/updsts"
    case :$PATH: in
        *:"$to":*) ;;
        *) echo "$to is not in your PATH; add it in your shell's startup file" ;;
    esac
}

main
