# shellcheck shell=bash
# ./run build, and the instrumented builds of the tests. Every build made here has the fault points
# that the recovery tests use; a packaged build, by meson's defaults, has not.

BUILDS=("$BUILD" "$BUILD-asan" "$BUILD-tsan")

# build_in DIR MESON_OPTION...
build_in()
{
    local dir=$1 log=$1/run-build.log start=$SECONDS
    shift
    mkdir -p "$dir"
    if [[ ! -f $dir/build.ninja ]]; then
        meson setup "$dir" -Dwerror=true -Dfaults=true "$@" >"$log" 2>&1 || {
            tail -n 15 "$log" >&2
            die "meson could not configure ${dir##*/}" "see $log; is something missing? ./run setup --tests"
        }
    fi
    ninja -C "$dir" >"$log" 2>&1 || {
        grep -vE '^\[[0-9]+/[0-9]+\] |^ninja: ' "$log" | head -n 60 >&2
        die "${dir##*/} does not build" "mend the code; the whole of it: $log"
    }
    say "build: ${dir##*/} is up to date ($((SECONDS - start)) s)"
}

cmd_build() { build_in "$BUILD"; }
# The pages are the same in every build.
build_asan() { build_in "$BUILD-asan" -Dui=disabled -Db_sanitize=address,undefined -Db_lundef=false; }
build_tsan() { build_in "$BUILD-tsan" -Dui=disabled -Db_sanitize=thread -Db_lundef=false; }
