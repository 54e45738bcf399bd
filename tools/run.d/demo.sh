# shellcheck shell=bash
# ./run demo: from a fresh clone to the main job, which is shown: a campaign measures two policies of
# Slurm on a cluster a run, they are compared, and the host is as it was.

DEMO_NAME=demo
DEMO_IMAGE=debian-bookworm
DEMO_SPEC=docs/examples/demo.yaml
demo_started_daemon=

# Ids of campaigns of that name that are not at their end (an interrupted demo can leave one).
demo_campaigns()
{
    benchctl --json campaign ls | jq -r --arg name "$DEMO_NAME" \
        '.items[] | select(.name == $name and (.state | IN("done", "failed", "cancelled") | not)) | .id'
}

# A campaign is at its end once the clusters of its runs are gone.
demo_cancel()
{
    local id
    for id in $(demo_campaigns); do
        say "campaign $id is ended, and its cluster removed"
        benchctl campaign cancel "$id" >/dev/null
        benchctl campaign watch "$id" >/dev/null 2>&1 || true # one that was cancelled is a failure
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
        demo_cancel || true
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

    demo_cancel
    demo_step "a campaign: two policies of Slurm, three streams of 40 jobs each, a cluster for each of the 6 runs"
    id=$(benchctl campaign submit "$ROOT/$DEMO_SPEC")
    say "campaign: $id, as $DEMO_SPEC has it"
    demo_watch "$id"
    demo_step "what it says, and what that is good for"
    benchctl campaign analyse "$id"
    demo_step "the host after the last run, compared with the host before it (must be empty)"
    demo_show_residue "$id"

    demo_step "done in $((SECONDS - start)) s"
    cat <<WORDS
benchd goes on running. Where to look next:
  ./run benchctl campaign runs $id      its runs, each with its grade and what was measured
  ./run benchctl run show ID                  one of them: steps, metrics, conditions
  $DEMO_SPEC                    the spec, and what to change in it for an answer that holds
  docs/analysis.md                          what the figures mean, and how the verdict is found
  ./run benchctl cluster up --compute 4 --cpus 0.25 --wait   a cluster to look around in
  ./run benchctl doctor                       what this host can and can't do
  http://$BENCHD_LISTEN_TCP/openapi.json       the interface
  README.md                                   the tour
To stop: ./run down; to undo what was changed on this host: ./run host --undo
WORDS
}

# With live progress; ends where it did not go well.
demo_watch()
{
    local status=0
    benchctl campaign watch "$1" || status=$?
    ((status != 0)) || return 0
    if ((status == 6)); then
        benchctl campaign runs "$1"
        die "not all runs of the demo were measured" "./run benchctl run logs ID tells what happened in one of them"
    fi
    exit "$status"
}

# Of the last run all is shown; of the others only that there is none.
demo_show_residue()
{
    local runs
    runs=$(benchctl --json campaign runs "$1")
    jq '.items[0].residue' <<<"$runs"
    jq -e 'all(.items[]; .residue.empty)' <<<"$runs" >/dev/null ||
        die "a run left something behind on this host" \
            "that is a bug of benchd: ./run benchctl run show ID tells what to remove, for each ID of ./run benchctl campaign runs $1"
}
