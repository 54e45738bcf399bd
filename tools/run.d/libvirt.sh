# shellcheck shell=bash
# How ./run host gets an answering libvirt: from systemd's units, or, where there is no systemd, by
# starting virtlogd, virtlockd and libvirtd with what they need.

virsh_lists() { timeout 10 virsh -q -c "$1" list --name; }
libvirt_answers() { virsh_lists "$BENCHD_LIBVIRT_URI"; }

# libvirt is there in one of two forms: libvirtd, or one daemon a driver.
libvirt_by_systemd()
{
    local unit units
    if systemctl cat libvirtd.socket >/dev/null 2>&1; then
        units=(virtlogd.socket libvirtd.socket)
    else
        units=(virtlogd.socket virtqemud.socket virtlxcd.socket)
    fi
    for unit in "${units[@]}"; do
        systemctl is-active -q "$unit" && continue
        # An active service holds the socket's path itself and would make its start fail.
        systemctl is-active -q "${unit%.socket}.service" && continue
        journal_add unit "$unit"
        systemctl start "$unit" || die "systemd can't start $unit" "see: journalctl -u $unit"
        changed "$unit: inactive -> active"
    done
    cgroup_is_hybrid && warn "hybrid cgroups: libvirt 9 starts no LXC domain with them; boot with systemd.unified_cgroup_hierarchy=1"
    wait_for 30 libvirt_answers || die "libvirt does not answer at $BENCHD_LIBVIRT_URI" "see: journalctl -u 'libvirtd*' -u 'virt*'"
}

libvirt_by_hand()
{
    host_share_mounts
    if libvirt_answers >/dev/null 2>&1; then
        [[ -n $(running_process libvirtd) ]] || say "libvirtd: runs already, started by someone else, left as it is"
        return
    fi
    have tini || die "tini is not installed" "./run setup"
    # libvirtd would wait minutes for virtlogd before it gives up the start of a virtual machine.
    start_service virtlogd has_socket virtlogd
    start_service virtlockd has_socket virtlockd
    remove_dead_cgroups
    write_libvirtd_conf
    start_service libvirtd libvirt_answers "$ROOT/tools/libvirtd-private" "$HOST_RUN/libvirtd.conf" "$(kvm_state)"
    libvirt_answers >/dev/null 2>&1 || die "libvirtd (pid $(cat /run/libvirtd.pid)) runs but does not answer" \
        "see $HOST_RUN/libvirtd.log; ./run host --undo ends it (if ./run host started it), then ./run host again"
    virsh_lists qemu:///system >/dev/null 2>&1 ||
        warn "libvirt answers, but not at qemu:///system: virtual machines will not work"
}

running_process()
{
    local key
    key=$(journal_last process "$1")
    process_alive "$key" && printf '%s\n' "$key"
}

# A mount made later (each node's root) must be seen by libvirtd, which has a mount namespace of its own.
host_share_mounts()
{
    local before
    before=$(findmnt -no PROPAGATION /)
    [[ $before != shared* ]] || return 0
    journal_add propagation / private
    mount --make-rshared /
    changed "mounts below /: $before -> shared"
}

# start_service NAME READY COMMAND...: NAME is left alone where it runs; else COMMAND starts it, and
# READY (a function that is given NAME) tells when it can be used.
start_service()
{
    local name=$1 ready=$2 log=$HOST_RUN/$1.log
    if pidfile_alive "/run/$name.pid"; then return; fi
    have "$name" || die "$name is not installed" "./run setup"
    rm -f "/run/$name.pid" "/run/libvirt/$name-sock" # left over: nothing runs that owns them
    start_process "$log" "${@:3}"
    journal_forget process "$name"
    journal_add process "$name" "$STARTED"
    wait_for 30 ready_or_gone "$ready" "$name" || true
    "$ready" "$name" >/dev/null 2>&1 || die "$name was started but does not answer" "see $log"
    changed "$name: stopped -> running (pid ${STARTED%%:*}, log $log)"
}

has_socket() { [[ -S /run/libvirt/$1-sock ]]; }
ready_or_gone() { process_gone "$STARTED" || "$@"; }

pidfile_alive()
{
    local pid
    pid=$(cat "$1" 2>/dev/null) && process_key "$pid" >/dev/null && [[ $(cat "/proc/$pid/comm") == "$(basename "$1" .pid)" ]]
}

# An existing /dev/kvm may still not run a guest, or only by emulating every instruction. The trial
# is a guest that leaves as soon as its firmware hands over (out 0xf4: the debug device). That takes
# tenths of a second with KVM, and with TCG; a KVM that needs seconds would never end a kernel's boot.
kvm_state()
{
    local sector=$HOST_RUN/kvm-trial.img status=0
    if [[ -e /dev/kvm ]] && have qemu-system-x86_64; then
        { printf '\xba\xf4\x00\xb0\x10\xee\xf4\xeb\xfd'; head -c 501 /dev/zero; printf '\x55\xaa'; } >"$sector"
        timeout 2 qemu-system-x86_64 -accel kvm -m 16 -nodefaults -display none -no-reboot \
            -drive "file=$sector,format=raw,if=ide" -device isa-debug-exit,iobase=0xf4 >/dev/null 2>&1 || status=$?
        rm -f "$sector"
    fi
    if ((status == (0x10 << 1 | 1))); then say usable; else say unusable; fi
}

# More requests at a time than libvirtd's defaults (20 workers, 5 requests a connection) allow.
write_libvirtd_conf()
{
    cat >"$HOST_RUN/libvirtd.conf" <<CONF
unix_sock_group = "root"
unix_sock_rw_perms = "0700"
auth_unix_ro = "none"
auth_unix_rw = "none"
max_clients = 1024
max_queued_clients = 1024
min_workers = 8
max_workers = 64
prio_workers = 8
max_client_requests = 64
log_outputs = "3:stderr"
CONF
}

# Empty directories of containers that failed to start, or of an earlier run. Those that are in
# use can't be removed, which is all the care that is needed.
remove_dead_cgroups()
{
    local dir removed=0
    while read -r dir; do
        if rmdir "$dir" 2>/dev/null; then removed=$((removed + 1)); fi
    done < <(find /sys/fs/cgroup/machine /sys/fs/cgroup/*/machine -depth -mindepth 1 -type d 2>/dev/null)
    ((removed == 0)) || say "cgroups: $removed empty ones of earlier containers removed"
}

libvirtd_must_be_idle()
{
    local names
    [[ -n $(running_process libvirtd) ]] || return 0
    names=$(libvirt_answers 2>/dev/null | paste -sd' ') || return 0
    [[ -z $names ]] || die "still running in libvirt: $names" "take the clusters down (./run benchctl cluster ls), then undo"
}
