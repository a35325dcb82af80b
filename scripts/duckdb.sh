#!/usr/bin/env bash
# Shows that DuckDB, from its Python package, opens the data set of `cargo tumult query` and answers as it does.
#
# The package is installed into an environment of its own in the target folder; what Python lacks for that is installed,
# if this is root on Debian.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

environment=${CARGO_TARGET_DIR:-target}/duckdb
if ! "$environment/bin/python" -c 'import duckdb' 2>/dev/null; then
  if ! python3 -c 'import ensurepip' 2>/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
      echo "Python 3 with venv is missing; install it and run this again" >&2
      exit 1
    fi
    apt-get update -qq && apt-get install -y -qq python3-venv >/dev/null
  fi
  python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check duckdb==2.0.0
fi

TUMULT_TEST_PYTHON=$(realpath --no-symlinks "$environment/bin/python") \
  cargo test --quiet -p tumult-query --test query -- --ignored duckdb
