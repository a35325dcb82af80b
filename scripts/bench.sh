#!/usr/bin/env bash
# Prints our figures beside the peers', workload by workload, in one run. A figure holds only against the others of the
# same run; quote ratios.
# Usage: scripts/bench.sh [workload] (pingpong, timers, idle, seeds, stream; of unmodified programs: tcp, http, turns); all of
# them without an argument. Streams and unmodified programs are compared with turmoil's, all else with madsim; turns, which
# no peer has, with a number. PEERS is the folder of the peers' programs (default: ../shared/peers beside this checkout),
# ROUNDS how often both sides take turns (default: 3); the best of each side counts.
set -euo pipefail
cd "$(dirname "$0")/.."
peers=${PEERS:-../shared/peers}
cache=$HOME/.cache/tumult-peers

built() { # package, bench
  cargo build --quiet --release -p "$1" --bench "$2" --message-format=json |
    sed -n 's/.*"executable":"\([^"]*\/'"$2"'-[^"]*\)".*/\1/p' | tail -1
}
wants() { [ -z "$only" ] || [[ " $* " == *" $only "* ]]; }
only=${1:-}
native='' memory='' hosted=''
if wants pingpong timers idle seeds stream; then native=$(built tumult-sim budget); fi
if wants tcp http turns; then hosted=$(built tumult-programs speed); fi
if [ -z "$only" ]; then memory=$(built tumult-sim memory); fi

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
    cargo build --quiet --release --features turmoil-http --bin turmoil-http
  )
fi

rate() { awk 'NF > 1 { if ($(NF-1) > best) best = $(NF-1) } END { print best + 0 }'; }

row() { # workload, target; then ours and theirs, each a command and its arguments in one word
  local us='' them=''
  for _ in $(seq "${ROUNDS:-3}"); do
    us+=$($3)$'\n'
    if [ -x "${4%% *}" ]; then them+=$($4)$'\n'; fi
  done
  awk -v w="$1" -v a="$(rate <<<"$us")" -v b="$(rate <<<"$them")" -v t="$2" \
    'BEGIN { printf "%-12s%14.0f%14.0f%8.1f%9s\n", w, a, b, b ? a / b : 0, ">= " t }'
}

printf '%-12s%14s%14s%8s%9s\n' workload ours peer ratio target
for w in ${only:-pingpong timers idle seeds stream tcp http}; do
  case $w in pingpong) target=10 ;; seeds) target=4 ;; stream) target=1 ;; tcp) target=8 ;; *) target=2.5 ;; esac
  case $w in
    turns) continue ;;
    stream) row "$w" "$target" "$native $w" "$cache/release/turmoil $w" ;;
    # Its datagrams beside our streams: turmoil's pingpong is of the same size.
    tcp) row "$w" "$target" "$hosted $w" "$cache/release/turmoil pingpong" ;;
    http) row "$w" "$target" "$hosted $w" "$cache/release/turmoil-http" ;;
    *) row "$w" "$target" "$native $w" "$cache/madsim/release/madsim $w" ;;
  esac
done

alone() { # what, target, the command
  local us=''
  for _ in $(seq "${ROUNDS:-3}"); do us+=$($3)$'\n'; done
  awk -v w="$1" -v a="$(rate <<<"$us")" -v t="$2" 'BEGIN { printf "%-34s%14.0f%9s\n", w, a, t }'
}
if wants turns; then
  echo
  alone 'turns of hosted threads' '>= 2M' "$hosted turns"
  alone 'the same by futex, on one core' '>= 100k' "env TUMULT_HANDOVER=futex taskset -c 0 $hosted turns"
  alone 'hand-overs by lock and condition' '' "$hosted handed"
fi
[ -n "$only" ] && exit

compare() { # what, the two workloads, the target of the ratio of their rates
  local a='' b=''
  for _ in $(seq "${ROUNDS:-3}"); do
    a+=$("$native" "$2")$'\n'
    b+=$("$native" "$3")$'\n'
  done
  awk -v w="$1" -v a="$(rate <<<"$a")" -v b="$(rate <<<"$b")" -v t="$4" \
    'BEGIN { printf "%-34s%14.0f%14.0f%8.2f%9s\n", w, a, b, a / b, t }'
}
echo
compare 'plain / recorded' pingpong recorded '<= 2'
compare 'an event of 16 / of 500 in mesh' mesh16 mesh500 '<= 1.5'
compare 'two jobs / one' seeds2 seeds '>= 1.8'
"$memory"
