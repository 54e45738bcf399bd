# shellcheck shell=bash
# ./run setup [--tests]: what has to be installed. Debian and Ubuntu: apt, only what is missing. With
# Nix: the whole command goes on in `nix develop`. Elsewhere: a list for the reader.

PACKAGES=(
    build-essential pkg-config meson ninja-build python3
    libvirt-dev libmicrohttpd-dev libjansson-dev libsqlite3-dev libuv1-dev libssl-dev
    check libcurl4-openssl-dev libyaml-dev libzstd-dev libarchive-dev zlib1g-dev
    libvirt-daemon-system libvirt-daemon-driver-lxc libvirt-daemon-driver-qemu libvirt-clients
    dnsmasq-base nftables qemu-system-x86 qemu-utils
    mmdebstrap debian-archive-keyring ca-certificates tini iproute2 kmod procps util-linux zstd jq curl
)
TEST_PACKAGES=(
    clang clang-tidy clang-format cppcheck shellcheck libclang-rt-dev valgrind systemd tmux
    python3-pytest python3-jsonschema chromium
)

# The same for systems without apt: programs, and pkg-config names with least versions.
PROGRAMS=(
    cc pkg-config meson ninja python3 virsh qemu-system-x86_64 qemu-img dnsmasq nft mmdebstrap tini ip modprobe
    sysctl zstd jq curl node npm
)
TEST_PROGRAMS=(clang clang-tidy clang-format cppcheck shellcheck valgrind systemd-analyze tmux)
MODULES=(
    "libvirt >= 9.0" "libmicrohttpd >= 0.9.75" "jansson >= 2.14" "sqlite3 >= 3.40" "libuv >= 1.44"
    "openssl >= 3.0" "check >= 0.15" libcurl yaml-0.1 "libzstd >= 1.4" "libarchive >= 3.4" zlib
)

SETUP_LOG=/var/log/benchd-setup.log

# The names among those given that are not installed.
packages_missing()
{
    local installed
    installed=$(dpkg-query -Wf '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^installed //p') || true
    printf '%s\n' "$@" | grep -vxF -- "$installed" || true
}

setup_by_apt()
{
    local missing
    mapfile -t missing < <(packages_missing "$@")
    if ((${#missing[@]} == 0)); then
        say "setup: all $# packages are installed"
        return
    fi
    say "setup: installing ${#missing[@]} packages: ${missing[*]}"
    run_as_root apt-get-logged update
    run_as_root apt-get-logged install --yes --no-install-recommends "${missing[@]}"
    say "setup: installed"
}

# As root: apt-get with its many words in a log. Where nothing supervises services, none may be started
# by a package's installation: a policy says so for as long as it runs.
cmd_apt-get-logged()
{
    local policy=/usr/sbin/policy-rc.d
    if ! has_systemd && [[ ! -e $policy ]]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
    fi
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -q "$@" \
        </dev/null >>"$SETUP_LOG" 2>&1 || {
        tail -n 5 "$SETUP_LOG" >&2
        die "apt-get $1 failed" "the whole of it: $SETUP_LOG; is the network up, and are the package sources right?"
    }
}

setup_by_hand()
{
    local item missing=()
    for item in "${programs[@]}"; do
        have "$item" || missing+=("program $item")
    done
    have libvirtd || have virtlxcd || missing+=("libvirt's daemon with its LXC and QEMU drivers")
    for item in "${MODULES[@]}"; do
        if have pkg-config && pkg-config --exists "$item"; then continue; fi
        missing+=("library $item (with its headers)")
    done
    if ((${#missing[@]} == 0)); then
        say "setup: all programs and libraries are there"
        return
    fi
    die "this is no Debian or Ubuntu, there is no nix, and these are missing:" "${missing[@]}" \
        "install them with this system's package manager, then run ./run again"
}

cmd_setup()
{
    local packages=("${PACKAGES[@]}") programs=("${PROGRAMS[@]}")
    case ${1:-} in
    --tests)
        packages+=("${TEST_PACKAGES[@]}")
        programs+=("${TEST_PROGRAMS[@]}")
        ;;
    "") ;;
    *) die "setup: unknown argument '$1'" "./run setup [--tests]" ;;
    esac
    # For the dashboard. Node's own packages bring npm with them, and Debian's npm does not go beside those.
    { have node && have npm; } || packages+=(nodejs npm)
    if have apt-get && have dpkg-query; then
        setup_by_apt "${packages[@]}"
    elif have nix && [[ -z ${IN_NIX_SHELL:-} ]]; then
        say "setup: going on in nix develop"
        exec nix --extra-experimental-features 'nix-command flakes' develop "$ROOT" --command "$ROOT/run" "${RUN_ARGS[@]}"
    else
        setup_by_hand
    fi
}
