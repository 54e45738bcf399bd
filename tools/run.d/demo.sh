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
        demo_tell_build
        demo_take_down || true
        [[ -z $demo_started_daemon ]] || run_as_root down || true
    fi
    exit "$status"
}

demo_step() { printf '\n== %s\n' "$*"; }

demo_image_is()
{
    benchctl --json image ls |
        jq -e --arg name "$DEMO_IMAGE" --arg state "$1" 'any(.items[]; .name == $name and .state == $state)' >/dev/null
}

# What becomes of an image that is being built when the demo ends before it.
demo_tell_build()
{
    demo_image_is building || return 0
    if [[ -n $demo_started_daemon ]]; then
        warn "the build of $DEMO_IMAGE ends with the daemon, which this demo had started" \
            "./run demo builds it anew"
    else
        warn "$DEMO_IMAGE goes on being built by the daemon, which ran before this demo" \
            "./run benchctl image ls tells when it is ready; ./run demo then takes it"
    fi
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
    if demo_image_is ready; then
        say "image: $DEMO_IMAGE is there"
    else
        say "image: $DEMO_IMAGE is built from Debian's packages, in a minute or two; Ctrl-C ends the demo and says what becomes of it"
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
