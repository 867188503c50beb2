#!/usr/bin/env bash
# Runs yamux-conform in a CI job, for action.yml and contrib/gitlab/yamux-conform.yml. It takes its inputs from variables:
#
#   CONFORM_TARGET       what to run on, one a line, as for --target; built-in and go-hashicorp if empty
#   CONFORM_SCENARIOS    scenarios, folders and ids, one a line; the built-in suite if empty
#   CONFORM_KNOWN        ledgers, one a line, as for --known
#   CONFORM_ARGS         any other arguments of `yamux-conform run`, quoted as for a shell; nothing is expanded
#   CONFORM_REPORT_DIR   where the reports go; yamux-conform-report if empty
#   CONFORM_WORKING_DIR  where to run; here if empty
#   CONFORM_FAIL         false: negative verdicts do not fail the job, anything else that goes wrong does
#   CONFORM_VERSION      a release to download, or source; if empty, the release that this checkout is, or its sources
#   YAMUX_CONFORM        a program that is there already, and nothing is downloaded or built
#
# It ends with the exit code of the program. The reports are junit.xml, report.jsonl, report.html and report.md.
# It runs in the bash 3.2 of macOS.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
scratch=${RUNNER_TEMP:-${TMPDIR:-/tmp}}

main() {
    refuse_windows
    cd "${CONFORM_WORKING_DIR:-.}"
    find_program
    local dir=${CONFORM_REPORT_DIR:-yamux-conform-report}
    mkdir -p "$dir"
    dir=$(cd "$dir" && pwd)
    rm -f "$dir"/{junit.xml,report.jsonl,report.html,report.md}
    tell report "$dir"

    words=(run --require all)
    each_line "${CONFORM_TARGET:-}" --target
    each_line "${CONFORM_KNOWN:-}" --known
    words+=(--junit "$dir/junit.xml" --json "$dir/report.jsonl")
    # Releases before these options do not write them.
    local help
    help=$("$program" run --help)
    case $help in *'--html <FILE>'*) words+=(--html "$dir/report.html") ;; esac
    case $help in *'--markdown <FILE>'*) words+=(--markdown "$dir/report.md") ;; esac
    other_arguments
    each_line "${CONFORM_SCENARIOS:-}"

    local summary=${GITHUB_STEP_SUMMARY:-} status=0 before
    before=$(size "$summary")
    "$program" "${words[@]}" || status=$?
    tell_counts "$dir/report.jsonl"
    if [[ $summary && $(size "$summary") -eq $before ]]; then
        summarise "$dir" "$status" >>"$summary"
    fi
    if [[ $status -eq 1 && ${CONFORM_FAIL:-true} == false ]]; then
        echo "yamux-conform: verdicts are negative, which does not fail this job" >&2
        status=0
    fi
    exit "$status"
}

# Ends the job with a sentence, which GitHub shows beside the step.
give_up() {
    if [[ ${GITHUB_ACTIONS:-} == true ]]; then
        echo "::error title=yamux-conform::$1"
    fi
    echo "yamux-conform: $1" >&2
    exit "${2:-5}"
}

refuse_windows() {
    case ${RUNNER_OS:-$(uname -s)} in
        Windows | MINGW* | MSYS* | CYGWIN*)
            give_up 'it runs on Linux and macOS, not on Windows: take a runner such as ubuntu-latest' 2
            ;;
    esac
    case ${CONFORM_FAIL:-true} in
        true | false) ;;
        *) give_up "fail: expected true or false, found '$CONFORM_FAIL'" 2 ;;
    esac
    case ${CONFORM_REPORT_DIR:-} in
        *$'\n'*) give_up 'report-dir: expected one folder, found several lines' 2 ;;
    esac
}

# An output of the step, where there are any.
tell() {
    if [[ ${GITHUB_OUTPUT:-} ]]; then
        printf '%s=%s\n' "$1" "$2" >>"$GITHUB_OUTPUT"
    fi
}

size() {
    if [[ -f $1 ]]; then wc -c <"$1"; else echo 0; fi
}

# Adds each line of a text that is not empty, behind an option if one is named.
each_line() {
    local line
    while IFS= read -r line || [[ $line ]]; do
        line=${line%$'\r'}
        line=${line#"${line%%[![:space:]]*}"}
        line=${line%"${line##*[![:space:]]}"}
        [[ -z $line ]] || words+=(${2:+"$2"} "$line")
    done <<<"$1"
}

# xargs takes quotes away as a shell does, and runs nothing that stands in them.
other_arguments() {
    local split word
    [[ ${CONFORM_ARGS:-} == *[![:space:]]* ]] || return 0
    split=$(xargs printf '%s\n' <<<"$CONFORM_ARGS") || give_up "args: a quote is not closed in: $CONFORM_ARGS" 2
    while IFS= read -r word; do words+=("$word"); done <<<"$split"
}

# The number behind a name in the last line of the JSON report.
count() {
    sed -n "\$s/.*\"$1\":\([0-9]*\).*/\1/p" "$2"
}

tell_counts() {
    [[ -s $1 ]] || return 0
    local failed=0 name
    for name in failed crashed stuck unexpected_passes trace_changed broken; do
        failed=$((failed + $(count "$name" "$1")))
    done
    tell passed "$(count passed "$1")"
    tell failed "$failed"
}

# What the step's page shows if the program has written nothing there.
summarise() {
    echo '## yamux-conform'
    echo
    if [[ -s $1/report.md ]]; then
        cat "$1/report.md"
    elif [[ -s $1/report.jsonl ]]; then
        echo "$(count passed "$1/report.jsonl") passed, $(count failed "$1/report.jsonl") failed, exit code $2"
    else
        echo "It ended with exit code $2 before it ran anything; the log of the step says why."
    fi
}

# What Cargo.toml of this checkout says of the package.
package() {
    sed -n "s/^$1 = \"\(.*\)\"\$/\1/p" "$root/Cargo.toml" | head -1
}

find_program() {
    program=${YAMUX_CONFORM:-}
    if [[ $program ]]; then
        [[ -x $program ]] || give_up "YAMUX_CONFORM: $program is no program"
        program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
        return
    fi
    local version=${CONFORM_VERSION:-}
    if [[ $version == source ]]; then
        build
        return
    fi
    version=${version#v}
    if ! download "${version:-$(package version)}"; then
        [[ -z $version ]] || give_up "there is no release $version for $(triple)"
        echo "yamux-conform: there is no release of this version, so that it is built from its sources" >&2
        build
    fi
    if [[ ${GITHUB_PATH:-} ]]; then
        dirname "$program" >>"$GITHUB_PATH"
    fi
}

# What this machine is to a release; on Linux the program that needs no C library runs everywhere.
triple() {
    local system=${RUNNER_OS:-$(uname -s)} machine=${RUNNER_ARCH:-$(uname -m)}
    case $machine in
        X64 | x86_64) machine=x86_64 ;;
        ARM64 | arm64 | aarch64) machine=aarch64 ;;
    esac
    case $system in
        Linux) echo "$machine-unknown-linux-musl" ;;
        macOS | Darwin) echo "$machine-apple-darwin" ;;
        *) echo "$machine-$system" ;;
    esac
}

# Downloads a release and holds it against its checksum. The status says whether it is there; all other trouble is the end.
download() {
    local name base into
    name=yamux-conform-$1-$(triple)
    base=${CONFORM_RELEASES:-$(package repository)/releases/download}/v$1
    into=$(mktemp -d "$scratch/yamux-conform.XXXXXX")
    fetch "$base/SHA256SUMS" "$into/SHA256SUMS" || return 1
    fetch "$base/$name.tar.gz" "$into/$name.tar.gz" || return 1
    local expected found
    expected=$(awk -v name="$name.tar.gz" '$2 == name || $2 == "*" name { print $1 }' "$into/SHA256SUMS")
    found=$(sha256 "$into/$name.tar.gz")
    if [[ -z $expected || $found != "$expected" ]]; then
        give_up "$name.tar.gz: expected the checksum ${expected:-that SHA256SUMS does not name}, found $found"
    fi
    tar -xzf "$into/$name.tar.gz" -C "$into"
    program=$into/$name/yamux-conform
}

# 22 and 37 are what curl ends with where there is no such file.
fetch() {
    local status=0
    curl --fail --silent --show-error --location --retry 3 --output "$2" "$1" 2>"$2.error" || status=$?
    case $status in
        0) ;;
        22 | 37) return 1 ;;
        *) give_up "$1 cannot be downloaded: $(tr '\n' ' ' <"$2.error")" ;;
    esac
}

sha256() {
    if command -v sha256sum >/dev/null; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

build() {
    command -v cargo >/dev/null || give_up 'there is no release for this machine, and no cargo to build it with'
    cargo build --quiet --release --locked --manifest-path "$root/Cargo.toml" --target-dir "$root/target"
    program=$root/target/release/yamux-conform
}

main
