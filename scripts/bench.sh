#!/usr/bin/env bash
# Prints our figures beside the peers', workload by workload, in one run. A figure holds only against the others of the
# same run; quote ratios.
# Usage: scripts/bench.sh [workload] (pingpong, timers, idle, seeds, stream); all of them without an argument.
# Streams are compared with turmoil's, all else with madsim. PEERS is the folder of the peers' programs (default:
# ../shared/peers beside this checkout), ROUNDS how often both sides take turns (default: 3); the best of each side counts.
set -euo pipefail
cd "$(dirname "$0")/.."
peers=${PEERS:-../shared/peers}
cache=$HOME/.cache/tumult-peers


built() {
  cargo build --quiet --release -p tumult-sim --bench "$1" --message-format=json |
    sed -n 's/.*"executable":"\([^"]*\/'"$1"'-[^"]*\)".*/\1/p' | tail -1
}
ours=$(built budget)
memory=$(built memory)

# The peers' folder may be read-only: it is built in a copy.
if [ -f "$peers/Cargo.toml" ]; then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  cp -r "$peers/." "$scratch"
  (
    cd "$scratch"
    export CARGO_TARGET_DIR=$cache
    RUSTFLAGS="--cfg madsim" cargo build --quiet --release --target-dir "$cache/madsim" --features madsim --bin madsim
    cargo build --quiet --release --features turmoil --bin turmoil
  )
fi

rate() { awk 'NF > 1 { if ($(NF-1) > best) best = $(NF-1) } END { print best + 0 }'; }

printf '%-12s%14s%14s%8s%9s\n' workload ours peer ratio target
for w in ${1:-pingpong timers idle seeds stream}; do
  case $w in pingpong) target=10 ;; seeds) target=4 ;; stream) target=1 ;; *) target=2.5 ;; esac
  case $w in stream) theirs=$cache/release/turmoil ;; *) theirs=$cache/madsim/release/madsim ;; esac
  us='' them=''
  for _ in $(seq "${ROUNDS:-3}"); do
    us+=$("$ours" "$w")$'\n'
    if [ -x "$theirs" ]; then them+=$("$theirs" "$w")$'\n'; fi
  done
  awk -v w="$w" -v a="$(rate <<<"$us")" -v b="$(rate <<<"$them")" -v t="$target" \
    'BEGIN { printf "%-12s%14.0f%14.0f%8.1f%9s\n", w, a, b, b ? a / b : 0, ">= " t }'
done
[ $# -gt 0 ] && exit

compare() { # what, the two workloads, the target of the ratio of their rates
  local a='' b=''
  for _ in $(seq "${ROUNDS:-3}"); do
    a+=$("$ours" "$2")$'\n'
    b+=$("$ours" "$3")$'\n'
  done
  awk -v w="$1" -v a="$(rate <<<"$a")" -v b="$(rate <<<"$b")" -v t="$4" \
    'BEGIN { printf "%-34s%14.0f%14.0f%8.2f%9s\n", w, a, b, a / b, t }'
}
echo
compare 'plain / recorded' pingpong recorded '<= 2'
compare 'an event of 16 / of 500 in mesh' mesh16 mesh500 '<= 1.5'
compare 'two jobs / one' seeds2 seeds '>= 1.8'
"$memory"
