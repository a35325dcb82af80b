#!/usr/bin/env bash
# Runs under valgrind's memcheck what can run there, and fails at the first error that it reports: an invalid read or
# write, a use of memory that was never set, a wrong free.
#
#   scripts/valgrind.sh [FILTER...]     the tests of FILTERs instead of the usual ones of tests/tests/hosted
#
# What cannot run there: switches of stack and thread pointer (so hosted threads each have a kernel thread of their own,
# TUMULT_HANDOVER=futex), traps of system calls and of the counter (so TUMULT_STRICT=off), and runs in forked processes
# that change their personality (so the tests are those without a search). Tests that give the real kernel wrong
# addresses on purpose are left out too. Leaks are not looked for: what a killed
# process had stays, on purpose. Where valgrind is missing it is installed, if this is root on Debian.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD

if ! command -v valgrind >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "valgrind is missing; install it and run this again" >&2
    exit 1
  fi
  apt-get update -qq && apt-get install -y -qq valgrind >/dev/null
fi

# The executable of a test target, which cargo builds when it has to.
executable() {
  cargo test --quiet --no-run --message-format=json "$@" |
    sed -n 's/.*"executable":"\([^"]*\)".*/\1/p' | tail -n 1
}

memcheck() {
  # The watchdog's patience is the machine's, which is fifty times slower here.
  TUMULT_HANDOVER=futex TUMULT_STRICT=off TUMULT_WATCHDOG=off RUST_BACKTRACE=0 \
    timeout 600 valgrind --quiet --error-exitcode=99 --leak-check=no --fair-sched=yes --num-callers=40 \
    --suppressions="$root/scripts/valgrind.supp" "$@"
}

# Native code: every module of the library that has unsafe code of its own.
library=$(executable -p tumult-sim --lib)
memcheck "$library" --quiet --test-threads=1 --skip what_the_kernel_refuses host::hook host::linux task:: time:: invariant::observed context::

# Hosted programs: threads, locks, output, files, sockets, signals.
hosted=$(executable -p tumult-tests --test hosted)
if [ $# = 0 ]; then
  set -- threads::channels threads::threads_interleave threads::thread_locals output::lines ends:: \
    locks::a_mutex_excludes locks::conditions_wake epoll::level epoll::one_shot unix::datagrams tcp::an_echo \
    files::names::metadata files::maps::made_longer signals::handlers
fi
cd tests
memcheck "$hosted" --quiet --test-threads=1 "$@"
echo "valgrind found nothing."
