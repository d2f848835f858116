#!/usr/bin/env bash
# The whole comparison of real Ironic, one configuration after another (about
# 25 minutes on 2 cores).  CASES chooses: main power uwsgi api1 postgres single
# sqlite gunicorn (the last not by default: with Ironic 39 no request was ever
# answered under gunicorn).  Same variables as run_ironic.sh.
set -uo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export VENV=${VENV:-$PWD/.bench/venv} RUN_DIR=${RUN_DIR:-$PWD/.bench/run} PORT=${PORT:-6385}
OUT=${OUT:-$HERE/results/ironic-39}; CASES=${CASES:-main power uwsgi api1 postgres single sqlite}
PY=${PYTHON:-python3}; PYTHONPATH=$(dirname "$HERE"); export PYTHONPATH; R=$HERE/run_ironic.sh; URL=http://127.0.0.1:$PORT
BIG="--nodes 1000 -c 8 --ops 600 --list-ops 30 --allocations 50 --max-seconds 40"
SMALL="--nodes 400 -c 8 --ops 300 --list-ops 20 --allocations 25 --deletes 50 --heartbeat-nodes 100 --max-seconds 30"
mkdir -p "$OUT"
api() { local l=$1; shift; "$PY" -m bench.api_load --url "$URL" --label "$l" --out "$OUT/api-$l.json" "$@"; }
life() { local l=$1; shift; "$PY" -m bench.lifecycle_load --url "$URL" --label "$l" --out "$OUT/life-$l.json" "$@" | grep -E 'nodes_per_minute|completed|"failed"'; }
rss() { sleep "${2:-0}"; "$R" rss >"$OUT/rss-$1.json"; grep -E '_mb"' "$OUT/rss-$1.json" | tail -4 | tr -d '\n'; echo; }
start() { "$R" up && cp "$RUN_DIR/up.json" "$OUT/up-$1.json" || { "$R" down; return 1; }; }
has() { case " $CASES " in *" $1 "*) return 0;; esac; return 1; }
"$R" install
"$R" down

if has main; then
  export MODE=split DB=mariadb; start split-mariadb || exit 1; rss split-mariadb-idle 3
  api split-mariadb $BIG; rss split-mariadb-after-api
  "$R" multiply 10000
  for i in 1 2 3; do api split-mariadb-10k-$i --nodes 1 --steps page_all,page_all_fields,page_all_detail; done
  rss split-mariadb-after-10k
  "$R" sql "DELETE FROM ports; " >/dev/null; "$R" sql "DELETE FROM node_traits; DELETE FROM nodes" >/dev/null 2>&1
  "$R" restart >/dev/null
  life split-mariadb -m 100; rss split-mariadb-after-life
  life split-mariadb-16 -m 100 -c 16
  "$R" restart >/dev/null; life split-mariadb-burst -m 100 --connections 0
  for p in 64 1000; do POOL=$p "$R" restart >/dev/null; life split-mariadb-pool$p -m 100; done
  "$R" down
fi
if has power; then
  export MODE=split DB=mariadb; start power || exit 1; life power-seed -m 100 --until provide --keep
  "$R" sql "UPDATE nodes SET power_state='power off'"; "$R" multiply 1000
  printf '[DEFAULT]\ndefault_log_levels = ironic.conductor.manager=DEBUG\n' >"$RUN_DIR.extra"; export EXTRA=$RUN_DIR.extra
  echo '[' >"$OUT/power-sync.json"; sep=
  for dw in "0 8" "0 32" "1 8" "1 32"; do
    set -- $dw
    # the first round begins some time after the start; wait for two at most
    POWER_DELAY=$1 POWER_WORKERS=$2 POWER_INTERVAL=5 "$R" restart >/dev/null
    c0=$("$R" rss | grep -o '"cpu_s": [0-9.]*' | head -1 | cut -d' ' -f2)
    for i in $(seq 400); do [ "$(grep -c 'Completed power state sync' "$RUN_DIR/conductor.log")" -ge 1 ] && break; sleep 0.5; done
    sleep 1
    line=$(grep 'Completed power state sync' "$RUN_DIR/conductor.log" | head -3 | grep -o 'in [0-9.]* seconds' | grep -o '[0-9.]*' | paste -sd,)
    echo "$sep{\"nodes\": 1000, \"bmc_delay_s\": $1, \"workers\": $2, \"rounds_s\": [$line]}" | tee -a "$OUT/power-sync.json"; sep=,
  done
  echo ']' >>"$OUT/power-sync.json"; unset EXTRA; rss power-after; "$R" down; rm -f "$RUN_DIR.extra"
fi
for m in uwsgi gunicorn; do
  if has $m; then
    export MODE=$m DB=mariadb; start $m-mariadb || exit 1; rss $m-mariadb-idle 3
    api $m-mariadb $SMALL; rss $m-mariadb-after-api; life $m-mariadb -m 60; "$R" down
  fi
done
if has api1; then
  export MODE=split DB=mariadb; API_WORKERS=1 start api1-mariadb || exit 1; rss api1-mariadb-idle 3
  api api1-mariadb $SMALL; rss api1-mariadb-after-api; "$R" down
fi
if has postgres; then
  export MODE=split DB=postgres; start split-postgres || exit 1; rss split-postgres-idle 3
  api split-postgres $SMALL; rss split-postgres-after-api; life split-postgres -m 60; "$R" down
fi
if has single; then
  export MODE=single DB=mariadb; start single-mariadb || exit 1; rss single-mariadb-idle 3
  api single-mariadb $SMALL; rss single-mariadb-after-api; life single-mariadb -m 60; "$R" down
fi
if has sqlite; then
  export MODE=single DB=sqlite; start single-sqlite || exit 1; rss single-sqlite-idle 3
  api single-sqlite $SMALL; rss single-sqlite-after-api; life single-sqlite -m 60; "$R" down
fi
