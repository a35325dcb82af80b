#!/usr/bin/env bash
# Fuzzes one target, or all, for some seconds each: fuzz/run.sh 300 [token|plan|journal]
#
# With `cargo fuzz` that is `cargo fuzz run -s none TARGET`. It is not needed: without a sanitizer the same flags do on a
# stable toolchain, and a C++ compiler builds the fuzzer's library.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

seconds="${1:?fuzz/run.sh SECONDS [TARGET]}"
host="$(rustc -vV | sed -n 's/^host: //p')"
# Where new inputs go that lead somewhere; the seeds in corpus/ are committed, and stay few.
found="${CARGO_TARGET_DIR:-target}/fuzz-found"

flags="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4"
flags+=" -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table"
flags+=" -Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
# With `--target` the flags are not those of build scripts.
RUSTFLAGS="$flags" cargo build --release --target "$host" --bins

for target in ${2:-token plan journal}; do
  mkdir -p "$found/$target"
  "${CARGO_TARGET_DIR:-target}/$host/release/$target" "$found/$target" "corpus/$target" \
    -max_total_time="$seconds" -dict="$target.dict" -artifact_prefix="$found/$target-" -timeout=10 -rss_limit_mb=2048 \
    -max_len=8192 -print_final_stats=1 -verbosity=1
done
