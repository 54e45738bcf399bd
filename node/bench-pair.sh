#!/bin/sh
# bench-pair PORT SERVER CLIENT [ARGUMENT...]: a server and its client, between pairs of a job's tasks.
#
# Tasks 0 and 1 are a pair, 2 and 3, and so on. The even one runs `SERVER PORT` until the odd one's
# `CLIENT HOST PORT ARGUMENT...` has ended, whose exit code is the odd one's. PORT is one more for each
# further pair, since several may be on one host. The client begins once the server listens on it (of TCP).
# They meet in a directory that both nodes have (BENCHD_SHARED, else /shared).
#
# Which task it is stands in the environment: BENCHD_RANK, BENCHD_TASKS and BENCHD_JOB_ID, else what the
# scheduler calls them.
set -u

fail() {
    echo "bench-pair: $*" >&2
    exit 1
}

listens() {
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -Eq "^ *[0-9]+: [0-9A-F]+:$1 [0-9A-F]+:0000 0A "
}

[ $# -ge 3 ] || fail "expected PORT SERVER CLIENT [ARGUMENT...]"
port=$1 server=$2 client=$3
shift 3
rank=${BENCHD_RANK:-${SLURM_PROCID:-${FLUX_TASK_RANK:-${PMIX_RANK:-${PMI_RANK:-}}}}}
tasks=${BENCHD_TASKS:-${SLURM_NTASKS:-${FLUX_JOB_SIZE:-${OMPI_COMM_WORLD_SIZE:-${PMI_SIZE:-}}}}}
job=${BENCHD_JOB_ID:-${SLURM_JOB_ID:-${FLUX_JOB_ID:-${PMIX_NAMESPACE:-}}}}
[ -n "$rank" ] || fail "the scheduler does not say which task this is: BENCHD_RANK is not set"
[ -n "$tasks" ] || fail "the scheduler does not say how many tasks there are: BENCHD_TASKS is not set"
[ -n "$job" ] || fail "the scheduler does not say which job this is: BENCHD_JOB_ID is not set"
[ $((tasks % 2)) -eq 0 ] || fail "an even number of tasks is needed, two for each pair, not $tasks"
pair=$((rank / 2))
port=$((port + pair))
place=${BENCHD_SHARED:-/shared}/benchd-pair-$job-$pair

if [ $((rank % 2)) -eq 1 ]; then
    until [ -e "$place/host" ]; do sleep 0.05; done
    read -r host <"$place/host"
    "$client" "$host" "$port" "$@"
    code=$?
    : >"$place/done"
    exit $code
fi

mkdir -p "$place" || fail "the directory that the nodes share is needed"
"$server" "$port" &
pid=$!
trap 'kill "$pid" 2>/dev/null; rm -rf "$place"' EXIT
until listens "$(printf '%04X' "$port")"; do
    kill -0 "$pid" 2>/dev/null || fail "the server $server has ended before it listened on port $port"
    sleep 0.05
done
{ uname -n >"$place/host.new" && mv "$place/host.new" "$place/host"; } || fail "can't write into $place"
until [ -e "$place/done" ]; do sleep 0.05; done
