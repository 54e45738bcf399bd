# shellcheck shell=bash
# ./run test [--all]: what CI runs. Unit tests in three builds, tests on the real host, lint; then one
# line with the sum. With --all also the long ones.

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
    local all=
    case ${1:-} in
    --all) all=yes ;;
    "") ;;
    *) die "test: unknown argument '$1'" "./run test [--all]" ;;
    esac
    cmd_setup --tests
    cmd_build
    build_asan
    build_tsan
    run_as_root host

    suite "$BUILD" unit
    suite "$BUILD-asan" unit
    suite "$BUILD-tsan" unit
    say "== the image that the tests share"
    BENCHD_TEST_ROOTFS=$(as_root env BENCHD_BUILD="$BUILD" /usr/bin/python3 tests/real/rootfs.py) ||
        die "the image for the tests could not be built" "the reason is above"
    export BENCHD_TEST_ROOTFS
    suite "$BUILD" real --num-processes 1
    [[ -z $all ]] || suite "$BUILD" long --num-processes 1 --timeout-multiplier 10
    say "== lint"
    lint_all
    report "${#LINT_PASSED[@]}" "${#LINT_FAILED[@]}"
}
