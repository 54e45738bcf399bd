# shellcheck shell=bash
# ./run host [--undo]: libvirt with its LXC and QEMU drivers answers, and the kernel has room for
# some hundred nodes. Only what is missing is changed; each change is one line here and one in
# the journal.

# key, least value. Values above are left alone.
SYSCTL_FLOORS=(
    # the systemd of a bare node takes eight inotify instances and thirty watches, all counted for one uid
    "fs.inotify.max_user_instances 16384"
    "fs.inotify.max_user_watches 1048576"
    "fs.file-max 1048576"
    # a key or more a node for each service's uid, which is the same in all nodes
    "kernel.keys.maxkeys 20000"
    "kernel.keys.maxbytes 2000000"
    "kernel.pid_max 262144"
    # neighbour tables count over all network namespaces: n nodes that all talk have n(n-1) entries
    "net.ipv4.neigh.default.gc_thresh3 131072"
    "net.ipv4.neigh.default.gc_thresh2 65536"
    "net.ipv4.neigh.default.gc_thresh1 32768"
    "net.ipv6.neigh.default.gc_thresh3 131072"
    "net.ipv6.neigh.default.gc_thresh2 65536"
    "net.ipv6.neigh.default.gc_thresh1 32768"
)

host_changes=0
changed()
{
    say "$*"
    host_changes=$((host_changes + 1))
}

host_sysctls()
{
    local entry key floor now
    for entry in "${SYSCTL_FLOORS[@]}"; do
        read -r key floor <<<"$entry"
        now=$(sysctl -n "$key" 2>/dev/null) || continue # no IPv6, no keyrings: nothing to raise
        ((now < floor)) || continue
        journal_add sysctl "$key" "$now" "$floor"
        sysctl -qw "$key=$floor" || die "can't set sysctl $key to $floor" "is this a container? prepare its host instead"
        changed "sysctl $key: $now -> $floor"
    done
}

# Looked for by use, in a network namespace that is gone at once: that also loads the modules.
host_check_kernel()
{
    grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null ||
        die "this kernel has no overlayfs" "use a kernel with CONFIG_OVERLAY_FS: every node's root is an overlay"
    unshare --net sh -c 'ip link add v0 type veth peer name v1 && ip link add b0 type bridge' 2>/dev/null ||
        die "this kernel can't make veth pairs and bridges in a new network namespace" \
            "use a kernel with CONFIG_VETH, CONFIG_BRIDGE and CONFIG_NET_NS"
    host_has_cgroups || die "no cgroups are mounted at /sys/fs/cgroup" \
        "mount them (pure cgroup2: mount -t cgroup2 none /sys/fs/cgroup)"
}

cgroup_is_pure() { [[ $(stat -fc %T /sys/fs/cgroup 2>/dev/null) == cgroup2fs ]]; }
cgroup_is_hybrid() { mountpoint -q /sys/fs/cgroup/unified; }
host_has_cgroups() { cgroup_is_pure || mountpoint -q /sys/fs/cgroup/memory; }

cgroup_kind()
{
    if cgroup_is_pure; then say "pure cgroup2"; elif cgroup_is_hybrid; then say "hybrid cgroups"; else say "cgroup v1"; fi
}

cmd_host()
{
    local verb=${1:-}
    need_root host "$@"
    case $verb in
    --undo)
        ! daemon_runs || die "benchd still runs" "./run down, then undo"
        libvirtd_must_be_idle
        journal_undo
        return
        ;;
    "") ;;
    *) die "host: unknown argument '$verb'" "./run host [--undo]" ;;
    esac

    mkdir -p "$HOST_STATE" "$HOST_RUN"
    journal_drop_stale
    host_check_kernel
    host_sysctls
    if has_systemd; then libvirt_by_systemd; else libvirt_by_hand; fi
    if ((host_changes == 0)); then
        say "host: prepared already, nothing changed ($(cgroup_kind), $BENCHD_LIBVIRT_URI answers)"
    else
        say "host: prepared, changes: $host_changes ($(cgroup_kind), $BENCHD_LIBVIRT_URI answers); undo: ./run host --undo"
    fi
}
