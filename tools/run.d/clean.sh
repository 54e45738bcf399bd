# shellcheck shell=bash
# ./run clean [--all] and ./run bench.

cmd_clean()
{
    case ${1:-} in
    --all | "") ;;
    *) die "clean: unknown argument '$1'" "./run clean [--all]" ;;
    esac
    run_as_root down
    as_root rm -rf "${BUILDS[@]}"
    say "clean: removed the builds"
    if [[ ${1:-} == --all ]]; then
        clean_state
    elif [[ -d $BENCHD_STATE_DIR ]]; then
        say "clean: $BENCHD_STATE_DIR (images and database) is left; ./run clean --all removes it"
    fi
    [[ ! -e $JOURNAL ]] || say "clean: the host stays prepared; ./run host --undo puts it back"
}

# A mount below the directory would be emptied with it, and it may be a node's root: refuse.
clean_state()
{
    local mounts
    mounts=$(findmnt -rno TARGET | awk -v dir="$BENCHD_STATE_DIR/" 'index($0, dir) == 1' | head -n 3)
    [[ -z $mounts ]] || die "still mounted below $BENCHD_STATE_DIR: ${mounts//$'\n'/ }" \
        "./run build, ./run host and ./run up let the daemon clear it up; then clean again"
    as_root rm -rf "$BENCHD_STATE_DIR" "$BENCHD_RUN_DIR"
    say "clean: removed $BENCHD_STATE_DIR and $BENCHD_RUN_DIR"
}

cmd_bench()
{
    cmd_setup
    cmd_build
    run_as_root host
    as_root "$ROOT/tests/bench/bench" "$@"
}
