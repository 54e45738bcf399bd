# shellcheck shell=bash
# ./run demo: from a fresh clone to the main job, which is shown: a Slurm cluster comes up, a command
# runs on all its nodes, it goes down, and the host is as it was.

DEMO_NAME=demo
DEMO_IMAGE=debian-bookworm
DEMO_NODES=4
DEMO_CPUS=0.25 # of each node: all of them together fit on a host with two CPUs
demo_started_daemon=

# Ids of clusters of that name that are not gone (an interrupted demo can leave one).
demo_clusters()
{
    benchctl --json cluster ls | jq -r --arg name "$DEMO_NAME" \
        '.items[] | select(.name == $name and (.state | IN("deleted", "failed") | not)) | .id'
}

demo_take_down()
{
    local id
    for id in $(demo_clusters); do
        benchctl cluster down "$id" --wait
    done
}

# Ctrl-C, or a step that failed: leave nothing behind that was not there before.
demo_abort()
{
    local status=$?
    trap '' INT TERM
    trap - EXIT
    ((status != 0)) || return 0
    warn "the demo did not get to its end; clearing up"
    if daemon_runs; then
        demo_take_down || true
        [[ -z $demo_started_daemon ]] || run_as_root down || true
    fi
    exit "$status"
}

demo_step() { printf '\n== %s\n' "$*"; }

demo_image_is_ready()
{
    benchctl --json image ls | jq -e --arg name "$DEMO_IMAGE" 'any(.items[]; .name == $name and .state == "ready")' >/dev/null
}

cmd_demo()
{
    local id start=$SECONDS
    demo_step "what is needed"
    cmd_setup
    cmd_build
    run_as_root host

    trap demo_abort EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    demo_step "the daemon"
    daemon_runs || demo_started_daemon=yes
    run_as_root up

    demo_step "the image (built once)"
    if demo_image_is_ready; then
        say "image: $DEMO_IMAGE is there"
    else
        benchctl image build "$DEMO_IMAGE"
    fi

    demo_take_down
    demo_step "a Slurm cluster of $DEMO_NODES compute nodes comes up"
    benchctl cluster up --compute "$DEMO_NODES" --cpus "$DEMO_CPUS" --name "$DEMO_NAME" --wait
    id=$(demo_clusters)
    demo_step "srun -N$DEMO_NODES hostname"
    benchctl cluster exec "$id" -- srun "-N$DEMO_NODES" hostname
    demo_step "it goes down"
    benchctl cluster down "$id" --wait
    demo_step "the host now, compared with the host before (must be empty)"
    demo_show_residue "$id"

    demo_step "done in $((SECONDS - start)) s"
    cat <<WORDS
benchd goes on running. Where to look next:
  ./run benchctl doctor                      what this host can and can't do
  ./run benchctl cluster up --compute 8 --wait
  ./run benchctl events --follow
  curl http://$BENCHD_LISTEN_TCP/openapi.json   the interface
  README.md                                  the tour
To stop: ./run down; to undo what was changed on this host: ./run host --undo
WORDS
}

demo_show_residue()
{
    local cluster
    cluster=$(benchctl --json cluster show "$1")
    jq '.residue' <<<"$cluster"
    jq -e '.residue.empty' <<<"$cluster" >/dev/null ||
        die "the cluster left something behind on this host" "that is a bug of benchd: the list above tells what to remove"
}
