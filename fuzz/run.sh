#!/bin/sh
# Builds the targets with coverage feedback and runs each for some seconds, without cargo-fuzz.
#
#   fuzz/run.sh 600              every target for ten minutes
#   fuzz/run.sh 3600 policy jwt  these, an hour each
#
# A unit that takes 20 seconds is a finding; less would be one of a busy machine, too.
# The corpus grows in fuzz/found, which is not kept; what breaks a target lands in fuzz/artifacts.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- policy token signature wire jwt saml certificate
# What cargo-fuzz passes, but for the sanitizers, which take a nightly compiler.
flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags="$flags -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
flags="$flags -Cllvm-args=-sanitizer-coverage-pc-table"
flags="$flags -Cllvm-args=-sanitizer-coverage-trace-compares"
target=${CARGO_TARGET_DIR:-target}
# With --target, build scripts and macros are not instrumented.
host=$(rustc -vV | sed -n 's/^host: //p')
RUSTFLAGS="$flags" cargo build --release --target "$host" --target-dir "$target" --bins
mkdir -p artifacts
status=0
for name in "$@"; do
    mkdir -p "found/$name" "corpus/$name"
    echo "== $name"
    "$target/$host/release/$name" "found/$name" "corpus/$name" \
        -artifact_prefix="artifacts/$name-" -max_total_time="$seconds" -timeout=20 \
        -rss_limit_mb=1024 -max_len=16384 -print_final_stats=1 -verbosity=0 || status=1
done
exit $status
