# Recipes for people and CI. `just --list` shows them.

set shell := ["bash", "-euo", "pipefail", "-c"]
# Git's: there `bash` is the system's own, which starts WSL.
set windows-shell := ["sh", "-euo", "pipefail", "-c"]

# The shell command that lists the scripts of Bash
shell_scripts := "grep -lE '^#!.*[ /](ba)?sh$' .ci/run scripts/* pkg/install.sh"

# Show the recipes
default:
    @just --list

# Build and run the main job against mock-sts, in a directory of its own
demo:
    cargo build --locked --workspace --bins
    @scripts/demo

# Run every test, the lints and the documentation; some tests only wait, so that more run at once than there are cores
test: lint
    RUST_TEST_THREADS=${RUST_TEST_THREADS:-$(( ${NUMBER_OF_PROCESSORS:-$(getconf _NPROCESSORS_ONLN)} * 3 ))} cargo test --locked --workspace --quiet

# Check the format and the lints; a warning is an error
lint:
    cargo fmt --all --check
    cargo clippy --locked --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --workspace --no-deps
    @for script in $({{shell_scripts}}); do bash -n "$script"; done
    @if command -v shellcheck >/dev/null; then shellcheck $({{shell_scripts}}); else echo "shellcheck is not installed: scripts were checked for syntax only"; fi

# Check the shell scripts; needs shellcheck
scripts:
    @command -v shellcheck >/dev/null || { echo "install shellcheck first, for example with: apt-get install shellcheck"; exit 1; }
    shellcheck $({{shell_scripts}})

# Format the code
fmt:
    cargo fmt --all

# Build for Windows and run the tests under Wine, in a Debian sid that it makes; WORD picks tests; needs root and debootstrap
windows word="":
    @scripts/windows "{{word}}"

# Type-check and lint everything for macOS, in the same Debian sid; nothing runs
macos:
    @scripts/macos

# Build the release binaries
build:
    cargo build --locked --release --workspace

# Make a release's files for this platform from a clean tree: archives, wheel, .deb, MCPB bundle, bills of materials, sums
dist *targets:
    @scripts/dist {{targets}}

# Install what `just dist` made, each in a directory of its own, run it, and take it off again; the .deb needs root
dist-check:
    @scripts/dist-check

# Check the workflows and what packages updsts for others, each by its own validator
packages:
    @scripts/packages

# Whether this version can be released from this tree: versions, changelog, owner, tests, packages, advisories
release-check version:
    @scripts/release-check {{version}}

# Install updsts and mock-sts for this user
install:
    cargo install --path . --locked
    cargo install --path mock-sts --locked

# Try mock-sts and updsts with the real AWS CLI and boto3, in a private directory
interop:
    cargo build --quiet --locked --workspace --bins --examples
    @scripts/interop

# Type into real windows on a virtual display, and leave pictures of them
desktop:
    @for recipe in $(just --summary | tr ' ' '\n' | grep '^desktop-'); do just "$recipe"; done

# The part of `just desktop` that asks by zenity, kdialog, pinentry and ssh-askpass; WORD picks cases
desktop-dialogs word="":
    cargo build --quiet --locked --workspace --bins --examples
    @scripts/desktop-dialogs "${CARGO_TARGET_DIR:-target}/debug" "${CARGO_TARGET_DIR:-target}/desktop" "{{word}}"

# Keep the long-term key in a password manager: pass, with a gpg key of its own for this run; needs pass, gpg and strace
pass:
    cargo build --quiet --locked --workspace --bins
    @python3 scripts/pass "${CARGO_TARGET_DIR:-target}/debug/updsts" "${CARGO_TARGET_DIR:-target}/debug/mock-sts"

# Answer the question for a code in a real Chromium, and leave pictures of the page; needs Chromium; WORD picks cases
desktop-page word="":
    cargo build --quiet --locked --workspace --bins
    @scripts/desktop-page "${CARGO_TARGET_DIR:-target}/debug" "${CARGO_TARGET_DIR:-target}/desktop" "{{word}}"

# Register the server in the real Claude Code, Codex and Gemini CLI, from the npm registry, in a private directory
clients:
    cargo build --quiet --locked --bin updsts
    @scripts/clients

# Build the Python wheel of mock-sts, and try its pytest fixture with boto3 and pytest-xdist in a fresh environment
pytest-plugin:
    @scripts/pytest-plugin

# Build an image with mock-sts and nothing else, where docker, podman or buildah is; try the program alone in an empty folder
mock-image:
    @scripts/mock-image

# Flood the release build of mock-sts with requests, large bodies and half-open connections, and measure its memory
mock-flood:
    cargo build --quiet --locked --release --package mock-sts
    @python3 scripts/mock-flood "${CARGO_TARGET_DIR:-target}/release/mock-sts"

# What `just test` does in bash, in zsh and fish, too: completion of hostile and ordinary names, the lines of README.md
shells:
    @command -v zsh fish >/dev/null || { echo "install zsh and fish first"; exit 1; }
    cargo test --quiet --locked --test suite -- --include-ignored shells:: first_use::

# Make docs/demo.svg anew from a real run
picture:
    cargo build --quiet --locked --workspace --bins
    @scripts/picture

# Check the dependencies: advisories, licences, sources
deny:
    @command -v cargo-deny >/dev/null || { echo "install it with: cargo install --locked cargo-deny"; exit 1; }
    cargo deny --all-features --locked check

# List the dependencies that no code names
unused:
    @command -v cargo-machete >/dev/null || { echo "install it with: cargo install --locked cargo-machete"; exit 1; }
    cargo machete

# Change the code in many small ways and list the changes that no test notices; takes hours
mutants *arguments:
    @command -v cargo-mutants >/dev/null || { echo "install it with: cargo install --locked cargo-mutants"; exit 1; }
    cargo mutants --workspace --cargo-arg=--locked {{arguments}}

# Measure the reader and the editor, and whole processes where hyperfine is installed
bench:
    cargo bench --locked --bench reader
    cargo build --quiet --locked --release --workspace --bins
    @scripts/bench

# Kill updsts at every system call of a write, fail its calls, and refuse to set owner and mode; needs strace
crash:
    cargo build --quiet --locked --workspace --bins
    @python3 scripts/crash "${CARGO_TARGET_DIR:-target}/debug/updsts" "${CARGO_TARGET_DIR:-target}/debug/mock-sts"

# Attack updsts as another user who may write to the directories, at every system call; needs root, strace and setpriv
two-users:
    cargo build --quiet --locked --workspace --bins
    @python3 scripts/two-users "${CARGO_TARGET_DIR:-target}/debug/updsts" "${CARGO_TARGET_DIR:-target}/debug/mock-sts"

# The tests of many callers at once, with 64 processes, and those that take a minute
stress:
    cargo build --quiet --locked --example stand-in
    UPDSTS_TEST_CROWD=64 cargo test --quiet --locked --test suite crowd:: -- --nocapture --test-threads=1
    cargo test --quiet --locked --test suite -- --ignored foreground:: asking:: renewing:: mcp::waiting::

# Fuzz the parser or the editor for that many seconds; needs nightly Rust and cargo-fuzz
fuzz target="editor" seconds="600":
    mkdir -p fuzz/corpus/{{target}}
    cargo +nightly fuzz run --sanitizer none {{target}} fuzz/corpus/{{target}} fuzz/seeds tests/fixtures -- -dict=fuzz/credentials.dict -max_len=4096 -max_total_time={{seconds}} -print_final_stats=1
