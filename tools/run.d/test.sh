# shellcheck shell=bash
# ./run test [--all]: what CI runs. Unit tests in three builds, lint, tests on the real host; then one
# line with the sum. With --all also the long ones. Two builds and lint go on beside the unit tests, and
# nothing beside those on the real host, which look at how busy it is.

TEST_LOGS=()

# suite DIR SUITE: runs it, remembers its log. Failures are counted at the end, from the logs.
suite()
{
    local dir=$1 name=$2 runner=()
    shift 2
    say "== $name tests in ${dir##*/}"
    TEST_LOGS+=("$dir/meson-logs/$name.json")
    as_root rm -f "$dir/meson-logs/$name.json"
    # Sanitizers want their memory maps where they expect them, whatever the kernel's randomness.
    # tsan.supp names the libraries that are not instrumented.
    [[ $dir == "$BUILD" ]] ||
        runner=(env "TSAN_OPTIONS=suppressions=$ROOT/tests/virt/tsan.supp" setarch --addr-no-randomize)
    [[ $name == unit ]] || runner=(as_root env "BENCHD_TEST_ROOTFS=$BENCHD_TEST_ROOTFS")
    "${runner[@]}" meson test -C "$dir" --no-rebuild --suite "$name" --logbase "$name" --print-errorlogs "$@" ||
        [[ -s $dir/meson-logs/$name.json ]] || die "meson could not run the $name tests of ${dir##*/}" "its words are above"
}

# beside LOG COMMAND...: what needs nothing but CPUs goes on beside tests, which leave some, and yields
# to them. Its words come when it is waited for.
BESIDE=
BESIDE_LOG=
beside()
{
    BESIDE_LOG=$1
    shift
    trap beside_end EXIT
    mkdir -p "${BESIDE_LOG%/*}"
    set -m # a process group of its own, to be ended as one
    {
        set +m
        renice -n 19 "$BASHPID" >/dev/null
        "$@"
    } </dev/null >"$BESIDE_LOG" 2>&1 &
    BESIDE=$!
    set +m
}

beside_end()
{
    [[ -z $BESIDE ]] || kill -TERM -- "-$BESIDE" 2>/dev/null || true
    BESIDE=
}

# Fails as the command did.
beside_wait()
{
    local status=0
    wait "$BESIDE" || status=$?
    BESIDE=
    cat "$BESIDE_LOG"
    return "$status"
}

sanitized_builds()
{
    build_asan
    build_tsan
}

# The checks that passed and that failed, in a file: it is run beside the tests.
lint_into()
{
    lint_all
    printf '%s %s\n' "${#LINT_PASSED[@]}" "${#LINT_FAILED[@]}" >"$1"
}

# From one meson log: a line "passed failed skipped" in cases, as Check and pytest count them where a
# test printed such a sum, else one a test. A test that ended badly though no case failed (a
# sanitizer, a crash, a timeout) is one failure.
count_cases()
{
    jq -rs '
        def sum(f): map(f) | add // 0;
        def check: [.stdout // "" | scan("(?m)^[0-9]+%: Checks: ([0-9]+), Failures: ([0-9]+), Errors: ([0-9]+)") | map(tonumber)
            | {passed: (.[0] - .[1] - .[2]), failed: (.[1] + .[2]), skipped: 0}];
        def word(w): [scan("([0-9]+) " + w)[0] | tonumber] | add // 0;
        def pytest: [.stdout // "" | scan("(?m)^(?:=+ )?((?:[0-9]+ [a-z]+,? )+)in [0-9.]+s")[0]
            | {passed: word("passed"), failed: (word("failed") + word("errors?")), skipped: word("skipped")}];
        map((check + pytest) as $sums
            | ($sums | {passed: sum(.passed), failed: sum(.failed), skipped: sum(.skipped)}) as $all
            | if .result == "SKIP" then [0, 0, 1]
              elif (.result | IN("OK", "EXPECTEDFAIL")) then
                  [(if $all.skipped > 0 then $all.passed else [$all.passed, 1] | max end), 0, $all.skipped]
              else [$all.passed, ([$all.failed, 1] | max), $all.skipped] end)
        | (transpose | map(add)) | if . == [] then [0, 0, 0] else . end | join(" ")' "$1"
}

skipped_cases()
{
    jq -r '.name as $name | .result as $result
        | [(.stdout // "") | scan("(?m)^SKIP(?:PED \\[[0-9]+\\])?:? (.*)$")[0]] as $why
        | if ($why | length) > 0 then $why[] | "skipped: \($name): \(.)"
          elif $result == "SKIP" then "skipped: \($name): no reason given" else empty end' "$1"
}

# Prints skipped ones with their reasons and the sum; fails if anything failed.
report()
{
    local log counts passed=$1 failed=$2 skipped=0
    for log in "${TEST_LOGS[@]}"; do
        [[ -s $log ]] || continue # no test in this suite
        skipped_cases "$log"
        read -ra counts < <(count_cases "$log")
        passed=$((passed + counts[0]))
        failed=$((failed + counts[1]))
        skipped=$((skipped + counts[2]))
    done
    say "$passed passed, $failed failed, $skipped skipped"
    ((failed == 0))
}

cmd_test()
{
    local all='' lint=$BUILD/lint-sum counts=()
    case ${1:-} in
    --all) all=yes ;;
    "") ;;
    *) die "test: unknown argument '$1'" "./run test [--all]" ;;
    esac
    cmd_setup --tests
    cmd_build
    run_as_root host

    beside "$BUILD/beside.log" sanitized_builds
    suite "$BUILD" unit
    beside_wait || exit 1
    rm -f "$lint"
    beside "$BUILD/beside.log" lint_into "$lint"
    suite "$BUILD-asan" unit
    suite "$BUILD-tsan" unit
    say "== lint"
    beside_wait || true # its sum says what failed
    [[ -s $lint ]] || die "lint ended before its end" "its words are above"
    read -ra counts <"$lint"
    say "== the image that the tests share"
    BENCHD_TEST_ROOTFS=$(as_root env BENCHD_BUILD="$BUILD" /usr/bin/python3 tests/real/rootfs.py) ||
        die "the image for the tests could not be built" "the reason is above"
    export BENCHD_TEST_ROOTFS
    suite "$BUILD" real --num-processes 1
    [[ -z $all ]] || suite "$BUILD" long --num-processes 1 --timeout-multiplier 10
    report "${counts[0]}" "${counts[1]}"
}
