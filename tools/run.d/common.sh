# shellcheck shell=bash
# What every part of ./run needs: words to the user, root, waiting, processes.
#
# Paths can be set from the environment, so that several daemons can live on one host.

BENCHD_STATE_DIR=${BENCHD_STATE_DIR:-${BENCHD_STATE:-/var/lib/benchd}}
BENCHD_RUN_DIR=${BENCHD_RUN_DIR:-/run/benchd}
BENCHD_LISTEN_UNIX=${BENCHD_LISTEN_UNIX:-$BENCHD_RUN_DIR/benchd.sock}
BENCHD_LISTEN_TCP=${BENCHD_LISTEN_TCP:-127.0.0.1:8765}
BENCHD_LIBVIRT_URI=${BENCHD_LIBVIRT_URI:-lxc:///system}

# Where ./run host keeps what it changed (survives a reboot) and what it started (does not).
HOST_STATE=${BENCHD_HOST_STATE:-/var/lib/benchd-host}
HOST_RUN=${BENCHD_HOST_RUN:-/run/benchd-host}

BUILD=$ROOT/build
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf '%s\n' "$*"; }

# warn WHAT [WHAT_TO_DO]
warn()
{
    printf 'warning: %s\n' "$1" >&2
    [[ $# -lt 2 ]] || printf '  -> %s\n' "${@:2}" >&2
}

# die WHAT WHAT_TO_DO: every failure says both.
die()
{
    printf 'error: %s\n' "$1" >&2
    [[ $# -lt 2 ]] || printf '  -> %s\n' "${@:2}" >&2
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }
has_systemd() { [[ -d /run/systemd/system ]]; }

as_root()
{
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif have sudo; then
        sudo -- env "PATH=$PATH" "$@" # sudo has a PATH of its own, without Nix's programs
    else
        die "'$1' needs root and there is no sudo" "run ./run as root"
    fi
}

# A command of this script as root, with the same settings: sudo drops the environment.
run_as_root()
{
    as_root env "BENCHD_STATE_DIR=$BENCHD_STATE_DIR" "BENCHD_RUN_DIR=$BENCHD_RUN_DIR" \
        "BENCHD_LISTEN_UNIX=$BENCHD_LISTEN_UNIX" "BENCHD_LISTEN_TCP=$BENCHD_LISTEN_TCP" \
        "BENCHD_LIBVIRT_URI=$BENCHD_LIBVIRT_URI" "BENCHD_HOST_STATE=$HOST_STATE" "BENCHD_HOST_RUN=$HOST_RUN" \
        "$ROOT/run" "$@"
}

# need_root COMMAND ARGS...: go on as root, from the start of this command.
need_root()
{
    [[ $EUID -eq 0 ]] && return
    run_as_root "$@"
    exit
}

# wait_for SECONDS COMMAND...: 0 as soon as the command is true.
wait_for()
{
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

# A process is named by its pid and its start time, so that a pid that was given away
# again is never taken for ours. Prints "PID:START"; fails if it is gone or a zombie.
process_key()
{
    local stat fields
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]} != [ZX] ]] || return 1
    printf '%s:%s\n' "$1" "${fields[19]}"
}

process_alive() { [[ -n $1 && $(process_key "${1%%:*}") == "$1" ]]; }
process_gone() { ! process_alive "$1"; }

# stop_process KEY SECONDS: SIGTERM, wait. Fails if it is still there.
stop_process()
{
    process_alive "$1" || return 0
    kill -TERM "${1%%:*}" 2>/dev/null || true
    wait_for "$2" process_gone "$1"
}

# start_process LOG COMMAND...: in a session of its own, without this terminal. Sets STARTED
# to its key. Where PID 1 is no systemd, orphans may wait long to be reaped, and whoever
# waits for their end (libvirt does) waits with them: tini adopts them there.
start_process()
{
    local log=$1 reaper=()
    shift
    has_systemd || reaper=(tini -s --)
    setsid "${reaper[@]}" "$@" </dev/null >>"$log" 2>&1 &
    STARTED=$(process_key $!) || die "$1 ended at once" "see $log"
}
