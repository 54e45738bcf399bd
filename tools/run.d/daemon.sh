# shellcheck shell=bash
# ./run up | down | benchctl: the daemon as it was built here, in the background.

DAEMON=$BUILD/daemon/benchd
BENCHCTL=$BUILD/clients/benchctl/benchctl
DAEMON_KEY=$BENCHD_RUN_DIR/run.process # what ./run up started, as process_key tells it
DAEMON_LOG=$BENCHD_STATE_DIR/benchd.log

daemon_get() { curl -sS -m 5 --unix-socket "$BENCHD_LISTEN_UNIX" "$@"; }
daemon_ready() { daemon_get --fail http://localhost/readyz; }
daemon_key() { cat "$DAEMON_KEY" 2>/dev/null; }
daemon_runs() { process_alive "$(daemon_key)"; }
daemon_ready_or_gone() { daemon_ready || ! daemon_runs; }

# Returns when the daemon that runs is ready; dies with its own words if it does not get there.
daemon_wait()
{
    wait_for 30 daemon_ready_or_gone || true
    daemon_ready >/dev/null 2>&1 && return
    daemon_runs && daemon_get http://localhost/readyz >&2
    tail -n 10 "$DAEMON_LOG" >&2
    daemon_runs || die "benchd ended while it started" "its last words are above; all of them: $DAEMON_LOG"
    die "benchd runs, but is not ready after 30 s" "its reasons are above; then ./run down, ./run host, ./run up"
}

cmd_up()
{
    local already=started
    need_root up
    if daemon_runs; then
        already="runs already"
    else
        daemon_start
    fi
    daemon_wait
    say "benchd: $already (pid $(daemon_key | cut -d: -f1)), ready at $BENCHD_LISTEN_UNIX and http://$BENCHD_LISTEN_TCP/; log: $DAEMON_LOG"
}

daemon_start()
{
    [[ -x $DAEMON ]] || die "benchd is not built" "./run build"
    libvirt_answers >/dev/null 2>&1 || die "libvirt does not answer at $BENCHD_LIBVIRT_URI" "./run host"
    ! daemon_get http://localhost/healthz >/dev/null 2>&1 ||
        die "another benchd answers at $BENCHD_LISTEN_UNIX" "stop it where it was started (systemctl stop benchd?)"
    mkdir -p "$BENCHD_STATE_DIR" "$BENCHD_RUN_DIR"
    rm -f "$DAEMON_KEY"
    start_process "$DAEMON_LOG" "$DAEMON" \
        --state-dir "$BENCHD_STATE_DIR" \
        --listen-unix "$BENCHD_LISTEN_UNIX" --listen-tcp "$BENCHD_LISTEN_TCP" \
        --libvirt-uri "$BENCHD_LIBVIRT_URI" --node-layer "$BUILD/node/layer" \
        --recipe-dir "$ROOT/lib/image/recipes" --fragments "$ROOT/fragments" --workloads "$ROOT/workloads" \
        --ui "$BUILD/clients/dashboard/ui" \
        --bench-enter "$BUILD/node/bench-enter" --log-format logfmt
    printf '%s\n' "$STARTED" >"$DAEMON_KEY"
}

cmd_down()
{
    local key
    need_root down
    key=$(daemon_key) || true
    if process_gone "$key"; then
        say "benchd: does not run"
        rm -f "$DAEMON_KEY"
        return
    fi
    if ! stop_process "$key" 15; then
        # What a killed daemon leaves behind, the next start takes up. Its parent here may be tini.
        pkill -KILL -P "${key%%:*}" || true
        kill -KILL "${key%%:*}" 2>/dev/null || true
        die "benchd did not end within 15 s of SIGTERM and was killed" \
            "see the end of $DAEMON_LOG; ./run up clears up what it left"
    fi
    rm -f "$DAEMON_KEY"
    say "benchd: stopped"
}

# The socket is for root and the group benchd. The user's own BENCHD_URL, if there is one, holds.
# With the daemon's program in PATH, doctor can check the host when no daemon runs.
benchctl()
{
    local url=${BENCHD_URL:-unix://$BENCHD_LISTEN_UNIX} via=(env)
    [[ -x $BENCHCTL ]] || die "benchctl is not built" "./run build"
    [[ ! -S $BENCHD_LISTEN_UNIX || -w $BENCHD_LISTEN_UNIX ]] || via=(as_root env)
    "${via[@]}" "BENCHD_URL=$url" "PATH=${DAEMON%/*}:$PATH" "$BENCHCTL" "$@"
}

cmd_benchctl() { benchctl "$@"; }
