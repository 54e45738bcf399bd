# shellcheck shell=bash
# ./run lint: form, suspicious code, shell scripts, layers. Every check runs; each says its own result.

LINT_CHECKS=(format tidy cppcheck shellcheck layers ui)

# Files under version control, and new ones that are not ignored.
sources()
{
    local file
    git ls-files --cached --others --exclude-standard --deduplicate -- "$@" | while read -r file; do
        [[ ! -f $file ]] || printf '%s\n' "$file" # deleted, but not yet in the index
    done
}

# Those that start with a shell's name; parts without one are checked where they are sourced.
shell_scripts()
{
    local file first
    sources | while read -r file; do
        IFS= read -rn 64 first <"$file" 2>/dev/null || true
        [[ ! $first =~ ^'#!'.*[/\ ](ba|da)?sh( |$) ]] || printf '%s\n' "$file"
    done
}

lint_format() { sources '*.c' '*.h' | xargs -r clang-format --dry-run -Werror; }

# Only what the build compiles and people wrote, without the tests: clang-tidy needs to know how. One file a process: clang's analyzer
# takes va_lists of one file for those of the next. Its paths through a function are bounded, which
# makes it ten times as fast.
lint_tidy()
{
    local option options=(--quiet --extra-arg=-Wno-unknown-warning-option)
    for option in -Xclang -analyzer-config -Xclang max-nodes=20000; do
        options+=("--extra-arg=$option")
    done
    jq -r '.[].file' "$BUILD/compile_commands.json" | sort -u | (cd "$BUILD" && xargs -r realpath) |
        grep -E "^$ROOT/(api|clients|daemon|lib|node)/" |
        xargs -r -n 1 -P "$(nproc)" clang-tidy -p "$BUILD" "${options[@]}" 2>&1 |
        { grep -vE '^[0-9]+ warnings? (generated|treated)|^Suppressed|^Use -' || true; }
}

lint_cppcheck()
{
    mkdir -p "$BUILD/cppcheck"
    cppcheck --quiet --project="$BUILD/compile_commands.json" --cppcheck-build-dir="$BUILD/cppcheck" \
        --library=tests/lint/cppcheck.cfg --suppressions-list=tests/lint/cppcheck.suppress \
        --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -j "$(nproc)"
}

lint_shellcheck() { shell_scripts | xargs -r shellcheck --external-sources --check-sourced; }

lint_layers() { tests/lint/layering.py --self-check && tests/lint/layering.py "$ROOT"; }

# Types and form of the dashboard, where it is built.
lint_ui() { [[ ! -d $BUILD/clients/dashboard/ui ]] || npm --prefix clients/dashboard run --silent lint; }

# Sets LINT_PASSED and LINT_FAILED (names).
lint_all()
{
    local check log start
    LINT_PASSED=()
    LINT_FAILED=()
    for check in "${LINT_CHECKS[@]}"; do
        start=$SECONDS
        log=$BUILD/lint-$check.log
        if (set -o pipefail && "lint_$check") >"$log" 2>&1; then
            LINT_PASSED+=("$check")
            say "lint: $check ok ($((SECONDS - start)) s)"
        else
            LINT_FAILED+=("$check")
            head -n 80 "$log" >&2
            say "lint: $check FAILED ($((SECONDS - start)) s; all of it: $log)"
        fi
    done
}

cmd_lint()
{
    cmd_setup --tests
    cmd_build
    lint_all
    ((${#LINT_FAILED[@]} == 0)) || die "lint: ${LINT_FAILED[*]} failed" "what was found is above (clang-format -i mends form)"
}
